import type { Endpoint } from '../base/net.ts';
import type { CoreState } from './core-state.ts';
import type { IkeSa } from './ike-sa.ts';
import { initiatorKey } from './registry.ts';
import { FLAG_INITIATOR, type IkeHeader, ZERO_SPI } from './wire/header.ts';

/**
 * The IKE SA that a message is for: by our own SPI, and the peer's must fit as well; a first message comes before the
 * peer knows ours, and its repetitions are known by where they come from. A message of the other version is for nobody.
 */
export function findIkeSa(state: CoreState, header: IkeHeader, remote: Endpoint): IkeSa | undefined {
  const sa = header.majorVersion === 1 ? findV1(state, header, remote) : findV2(state, header, remote);
  if (sa === undefined || sa.version !== header.majorVersion || sa.initiatorSpi !== header.initiatorSpi)
    return undefined;
  const firstAgain = sa.role === 'responder' && header.responderSpi === ZERO_SPI;
  const unanswered = sa.role === 'initiator' && sa.responderSpi === ZERO_SPI;
  return firstAgain || unanswered || sa.responderSpi === header.responderSpi ? sa : undefined;
}

/** RFC 7296 §2.6: a flag says which of the two SPIs is the receiver's. */
function findV2(state: CoreState, header: IkeHeader, remote: Endpoint): IkeSa | undefined {
  const fromInitiator = (header.flags & FLAG_INITIATOR) !== 0;
  const sa = fromInitiator ? findAsResponder(state, header, remote) : byOwnSpi(state, header.initiatorSpi);
  return (sa?.role === 'responder') === fromInitiator ? sa : undefined;
}

/** RFC 2408 §3.1 has no such flag: an SPI is the one or the other. */
function findV1(state: CoreState, header: IkeHeader, remote: Endpoint): IkeSa | undefined {
  const asInitiator = byOwnSpi(state, header.initiatorSpi);
  if (asInitiator?.role === 'initiator') return asInitiator;
  const asResponder = findAsResponder(state, header, remote);
  return asResponder?.role === 'responder' ? asResponder : undefined;
}

function findAsResponder(state: CoreState, header: IkeHeader, remote: Endpoint): IkeSa | undefined {
  if (header.responderSpi !== ZERO_SPI) return byOwnSpi(state, header.responderSpi);
  const id = state.initiators.get(initiatorKey(remote, header.initiatorSpi));
  return id === undefined ? undefined : state.ikeSas.get(id);
}

function byOwnSpi(state: CoreState, spi: string): IkeSa | undefined {
  const id = state.spis.get(spi);
  return id === undefined ? undefined : state.ikeSas.get(id);
}
