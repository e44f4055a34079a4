import { ByteWriter } from '../../base/bytes.ts';
import type { ChildSa } from '../../sa/child-sa.ts';
import type { ChildProtocol } from '../../sa/proposal.ts';
import type { DeleteChildrenTask, IkeSaV2 } from './state.ts';
import type { DeletePayload } from './wire/delete.ts';
import { PROTOCOL } from './wire/sa.ts';

/** Delete of the IKE SA that carries it (RFC 7296 §1.4.1). */
export function deleteIke(): DeletePayload {
  return { type: 'D', protocol: PROTOCOL.IKE, spis: [] };
}

/** Delete of Child SAs by the SPIs of the sender's inbound side (RFC 7296 §1.4.1). */
export function deleteChildren(protocol: ChildProtocol, spis: readonly number[]): DeletePayload {
  return {
    type: 'D',
    protocol: PROTOCOL_NUMBER[protocol],
    spis: spis.map((spi) => new ByteWriter().u32(spi).finish()),
  };
}

/** What tells the peer that a Child SA is gone here. */
export function deletionOf({ protocol, inboundSpi, outboundSpi }: ChildSa): DeleteChildrenTask {
  return { kind: 'delete-children', protocol, spis: [inboundSpi], peerSpis: [outboundSpi] };
}

/** Whether the peer, which names it by this SPI of its own, has not yet heard or not yet confirmed that it is gone. */
export function isBeingDeleted(
  { outstanding, tasks, postponed }: IkeSaV2,
  protocol: ChildProtocol,
  peerSpi: number,
): boolean {
  return [outstanding?.task, ...tasks, ...postponed].some(
    (task) => task?.kind === 'delete-children' && task.protocol === protocol && task.peerSpis?.includes(peerSpi),
  );
}

const PROTOCOL_NUMBER: { readonly [Protocol in ChildProtocol]: number } = { esp: PROTOCOL.ESP, ah: PROTOCOL.AH };
