import { systemEntropy } from '../../crypto/system-entropy.ts';
import type { Report } from '../commands.ts';
import { Counters } from '../counters.ts';
import { createTransformResources } from '../transform/resources.ts';
import { outboundTransform } from '../transform/transforms.ts';
import { OutboundTraffic } from './outbound-traffic.ts';
import { REFUSAL_BYTES, Refusals } from './refusals.ts';
import { SocketEgress } from './socket-egress.ts';
import { spendKeys } from './spent-keys.ts';
import type { ThreadData } from './thread-data.ts';
import { runThread } from './thread-loop.ts';
import { TunPort } from './tun-port.ts';
import { TunSource } from './tun-source.ts';

/** The thread that carries packets from the TUN to the peers; returns when it is told to stop. */
export function runOutbound(data: ThreadData, report: (report: Report) => void): void {
  const tun = new TunPort(data.tun);
  const source = new TunSource(tun, data.tun.mtu, REFUSAL_BYTES);
  const { arena, spareAt } = source;
  const counters = new Counters(data.counters);
  const mono = () => performance.now();
  const egress = new SocketEgress({ arena, carriers: data.carriers, counters, report, mono });
  const resources = createTransformResources(systemEntropy);
  const traffic = new OutboundTraffic({
    arena,
    egress,
    counters,
    refusals: new Refusals({ arena, at: spareAt, tun, mono }),
    transformOf: (sa) => spendKeys(sa, (keyed) => outboundTransform(keyed, resources)),
    report,
    mono,
  });
  runThread(data, [data.tun.fd], {
    apply: (command) => traffic.apply(command),
    settled: () => traffic.retry(source.at, Date.now()),
    ready: () => source.receive(traffic, Date.now()),
  });
}
