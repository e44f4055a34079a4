import { SeededEntropy } from '../../base/entropy.ts';
import type { Endpoint } from '../../base/net.ts';
import type { Configuration } from '../../config/configuration.ts';
import { performKeyExchange } from '../../crypto/key-exchange.ts';
import type { Effect } from '../../ike/common/effect.ts';
import type { GatewayEvent } from '../../ike/common/event.ts';
import type { Input } from '../../ike/common/input.ts';
import { IkeCore } from '../../ike/core.ts';
import { UdpSocket } from '../../native/udp-socket.ts';
import type { Capabilities } from '../../sa/proposal.ts';
import { GatewayService } from '../../tunnel/gateway-service.ts';
import { systemNow } from '../clock.ts';
import type { IkePorts } from '../ike-sockets.ts';
import { MemoryDataPlane } from './memory-data-plane.ts';

/**
 * The other end of a daemon under test: a gateway on ephemeral ports, as if behind a NAT that maps them. It sends to
 * the daemon's real ports and believes that they are 500 and 4500. Timers do not run: nothing is lost on loopback.
 */
export class PeerGateway {
  readonly service: GatewayService;
  readonly events: GatewayEvent[] = [];
  readonly dataPlane = new MemoryDataPlane();
  readonly #sockets = new Map<number, UdpSocket>();
  readonly #ports: ReadonlyMap<number, number>;

  constructor(configuration: Configuration, capabilities: Capabilities, daemon: IkePorts) {
    const core = new IkeCore({ entropy: new SeededEntropy(1), capabilities, tunnels: [] });
    this.service = new GatewayService(core, configuration.tunnels);
    this.#ports = new Map([
      [500, daemon.ike],
      [4500, daemon.natTraversal],
    ]);
    for (const [port, actual] of this.#ports) {
      const socket = UdpSocket.open({ family: 4, port: 0, udpEncap: false, bypassPolicy: false });
      this.#sockets.set(port, socket);
      socket.onDatagram(({ local, remote, bytes }) => {
        if (remote.port === actual)
          this.#handle({
            kind: 'datagram',
            local: { address: local.address, port },
            remote: { address: remote.address, port },
            bytes,
          });
      });
    }
  }

  start(): void {
    this.#perform(this.service.start(systemNow()));
  }

  down(tunnel: string): void {
    this.#perform(this.service.down(tunnel, systemNow()));
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close();
  }

  #handle(input: Input): void {
    this.#perform(this.service.handle(input, systemNow()));
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'send') this.#send(effect.from, effect.to, effect.datagram);
      if (effect.kind === 'emit') this.events.push(effect.event);
      if (effect.kind === 'dataplane') {
        const reply = this.dataPlane.perform(effect.operation);
        this.#handle({ kind: 'dataplane.reply', request: effect.request, reply });
      }
      if (effect.kind === 'job')
        this.#handle({ kind: 'job.reply', request: effect.request, result: performKeyExchange(effect.job) });
    }
  }

  #send(from: Endpoint, to: Endpoint, datagram: Uint8Array): void {
    const code = this.#sockets
      .get(from.port)
      ?.send(from, { address: to.address, port: this.#ports.get(to.port) ?? to.port }, datagram);
    if (code !== undefined) throw new Error(`the peer cannot send: ${code}`);
  }
}
