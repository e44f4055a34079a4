import { WireError } from '../base/errors.ts';
import { admission, LIMIT_WITHOUT_COOKIES } from './common/half-open.ts';
import type { Work } from './common/work.ts';
import { freshCookies } from './cookie-rotation.ts';
import type { CoreState } from './core-state.ts';
import type { Run } from './run.ts';
import { answerPhase1 } from './v1/exchanges/phase1-responder.ts';
import { answerInit } from './v2/exchanges/ike-sa-init-responder.ts';
import type { IkeHeader } from './wire/header.ts';

/** A datagram that belongs to no IKE SA may begin one, as far as the half-open ones leave room for it. */
export function answerNewPeer(
  run: Run,
  state: CoreState,
  header: IkeHeader,
  { local, remote, message }: Extract<Work, { readonly kind: 'datagram' }>,
): void {
  const admitWithin = (limit?: number) => (proven: boolean, isKnown: () => boolean) =>
    admission(state.halfOpen, remote.address, { proven, isKnown, ...(limit === undefined ? {} : { limit }) });
  try {
    if (header.majorVersion === 1) {
      const limit = LIMIT_WITHOUT_COOKIES;
      return answerPhase1(run, { header, message, path: { local, remote }, admit: admitWithin(limit) });
    }
    const sa = answerInit(run, {
      header,
      message,
      path: { local, remote },
      id: run.newIkeSaId(),
      cookies: freshCookies(run, state),
      admit: admitWithin(),
    });
    if (sa !== undefined) run.adopt(sa);
  } catch (error) {
    // A bug of ours costs the sender its request, and nobody else anything.
    run.drop(remote, error instanceof WireError ? `syntax-${error.fault}` : 'internal-error');
  }
}
