import { expect } from 'vitest';
import type { DataPlaneFailure, DataPlaneStep } from '../../sa/data-plane.ts';
import type { PolicyView } from '../policy-messages.ts';
import { parsePolicy } from '../policy-messages.ts';
import type { SaSnapshot } from '../sa-snapshot.ts';
import { parseSa } from '../sa-snapshot.ts';
import { XfrmDataPlane } from '../xfrm-data-plane.ts';
import { FakeKernel } from './fake-kernel.ts';

/** A data plane on a fake kernel. */
export class PlaneFixture {
  readonly kernel = new FakeKernel();
  readonly plane = this.#open();

  apply(...steps: readonly DataPlaneStep[]): 'done' | DataPlaneFailure {
    const reply = this.plane.perform({ kind: 'apply', steps });
    if (reply.kind === 'refused') return reply.failure;
    if (reply.kind !== 'done') throw new Error(reply.kind);
    return 'done';
  }

  /** By another program, or a run before ours. */
  install(...steps: readonly DataPlaneStep[]): void {
    expect(this.#open().perform({ kind: 'apply', steps })).toEqual({ kind: 'done' });
    this.kernel.log.length = 0;
  }

  refuseNth(name: string, nth: number, errno: number): void {
    let count = 0;
    this.kernel.refuse = (asked) => (asked === name && count++ === nth ? errno : undefined);
  }

  policies(): PolicyView[] {
    return [...this.kernel.policies.values()].map(parsePolicy);
  }

  reqids(): (number | undefined)[] {
    return this.policies().map((policy) => policy.template?.reqid);
  }

  sas(): SaSnapshot[] {
    return [...this.kernel.sas.values()].flatMap((payload) => parseSa(payload) ?? []);
  }

  expectEmpty(): void {
    const { sas, policies, routes } = this.kernel;
    expect([sas.size, policies.size, routes.size]).toEqual([0, 0, 0]);
  }

  #open(): XfrmDataPlane {
    const { kernel } = this;
    return new XfrmDataPlane({ xfrm: kernel.port(), route: kernel.port('RTM'), events: kernel.port(), now: () => 0 });
  }
}
