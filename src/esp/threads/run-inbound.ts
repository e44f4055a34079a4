import { systemEntropy } from '../../crypto/system-entropy.ts';
import type { Report } from '../commands.ts';
import { Counters } from '../counters.ts';
import { createTransformResources } from '../transform/resources.ts';
import { inboundTransform } from '../transform/transforms.ts';
import { ArrivalSource } from './arrival-source.ts';
import { InboundTraffic } from './inbound-traffic.ts';
import { spendKeys } from './spent-keys.ts';
import type { ThreadData } from './thread-data.ts';
import { runThread } from './thread-loop.ts';
import { TunPort } from './tun-port.ts';

/** The thread that carries packets from the peers to the TUN; returns when it is told to stop. */
export function runInbound(data: ThreadData, report: (report: Report) => void): void {
  const tun = new TunPort(data.tun);
  const mono = () => performance.now();
  const resources = createTransformResources(systemEntropy);
  const traffic = new InboundTraffic({
    counters: new Counters(data.counters),
    transformOf: (sa) => spendKeys(sa, (keyed) => inboundTransform(keyed, resources)),
    report,
    mono,
  });
  const receiving = data.carriers.filter(({ dontFragment }) => !dontFragment);
  const sources = receiving.map(
    (carrier) => new ArrivalSource({ carrier, traffic, tun, mtu: data.tun.mtu, report, mono }),
  );
  const fds = receiving.map(({ fd }) => fd);
  runThread(data, fds, {
    apply: (command) => traffic.apply(command),
    settled: () => undefined,
    ready: (index) => sources[index]?.receive(Date.now()),
  });
}
