import type { Datagram } from '../../native/udp-socket.ts';
import type {
  DataPlaneEvent,
  DataPlaneReply,
  DataPlaneRequest,
  DataPlaneStep,
  SaKey,
  SaSpec,
} from '../../sa/data-plane.ts';

/** A data plane that takes everything and carries nothing. Each SA has carried 3 packets of 100 bytes. */
export class MemoryDataPlane {
  readonly sas: SaSpec[] = [];
  readonly policies: string[] = [];
  closed = false;
  #spi = 0x1000;
  #onEvent: (event: DataPlaneEvent) => void = () => undefined;
  /** As if IKE had come to sockets of ours. */
  receive: (datagram: Datagram) => void = () => undefined;

  perform(request: DataPlaneRequest): DataPlaneReply {
    switch (request.kind) {
      case 'allocate-spi':
        return { kind: 'spi', spi: ++this.#spi };
      case 'query':
        return {
          kind: 'counters',
          counters: request.sas.filter((sa) => this.#has(sa)).map((sa) => ({ sa, packets: 3, bytes: 300 })),
        };
      case 'apply':
        for (const step of request.steps) this.#apply(step);
        return { kind: 'done' };
    }
  }

  errors() {
    return new Map([['XfrmInNoStates', 2]]);
  }

  audit() {
    return { lostSas: [], repairedPolicies: 0 };
  }

  onEvent(callback: (event: DataPlaneEvent) => void): void {
    this.#onEvent = callback;
  }

  onDatagram(callback: (datagram: Datagram) => void): void {
    this.receive = callback;
  }

  report(event: DataPlaneEvent): void {
    this.#onEvent(event);
  }

  close(): void {
    this.closed = true;
  }

  #apply(step: DataPlaneStep): void {
    if (step.kind === 'add-sa') this.sas.push(step.sa);
    if (step.kind === 'remove-sa') {
      const index = this.sas.findIndex((sa) => sameSa(sa, step.sa));
      if (index >= 0) this.sas.splice(index, 1);
    }
    if (step.kind === 'add-policy') this.policies.push(JSON.stringify(step.policy));
    if (step.kind === 'remove-policy') this.policies.splice(this.policies.indexOf(JSON.stringify(step.policy)), 1);
  }

  #has(key: SaKey): boolean {
    return this.sas.some((sa) => sameSa(sa, key));
  }
}

function sameSa(sa: SaSpec, key: SaKey): boolean {
  return sa.spi === key.spi && sa.destination === key.destination && sa.protocol === key.protocol;
}
