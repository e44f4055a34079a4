import type { GatewayEvent } from '../../ike/common/event.ts';
import type { Reason, ReasonCode, Stage } from '../../ike/common/reason.ts';

/**
 * The alert of an event, by the type that charon has for it (the first that fits); undefined where it has none. Of its
 * types there are some about certificates, virtual addresses and RADIUS, which do not occur here.
 */
export function alertOf(event: GatewayEvent): string | undefined {
  switch (event.type) {
    case 'ike.failed':
      return failureAlert(event.stage, event.reason);
    case 'child.failed':
      return failureAlert(2, event.reason) ?? 'keep-on-child-sa-failure';
    case 'auth.failed':
      return authenticationAlert(event.reason);
    case 'ike.closed':
      return CLOSED_ALERTS[event.reason.code];
    case 'message.retransmitted':
      return 'retransmit-send';
    case 'peer.unresponsive':
      return 'retransmit-send-timeout';
    case 'peer.unfinished':
      return 'half-open-timeout';
    case 'peer.refused':
      return failureAlert(1, event.reason);
    case 'kernel.failed':
      return event.operation.includes('policy') ? 'install-child-policy-failed' : 'install-child-sa-failed';
    case 'datagram.dropped':
      return dropAlert(event.why);
    default:
      return undefined;
  }
}

type Alerts = { readonly [Code in ReasonCode]?: string };

const FAILURE_ALERTS: Readonly<Record<Stage, Alerts>> = {
  1: {
    'no-response': 'peer-init-unreachable',
    'no-proposal-chosen': 'proposal-mismatch-ike',
    'key-exchange-mismatch': 'proposal-mismatch-ike',
    'unresolved-peer': 'peer-addr-failed',
    'peer-identity-mismatch': 'peer-auth-failed',
  },
  2: {
    'no-proposal-chosen': 'proposal-mismatch-child',
    'key-exchange-mismatch': 'proposal-mismatch-child',
    'traffic-selectors-unacceptable': 'ts-mismatch',
  },
};

const CLOSED_ALERTS: Alerts = { expired: 'ike-sa-expired', replaced: 'unique-replace' };

/** Of an authentication that failed there is an event of its own, `auth.failed`. */
function failureAlert(stage: Stage, { code }: Reason): string | undefined {
  return FAILURE_ALERTS[stage][code];
}

/** A notification is the peer's: then it is us whom it does not believe. */
function authenticationAlert({ evidence }: Reason): string {
  return evidence?.notify === undefined ? 'peer-auth-failed' : 'local-auth-failed';
}

function dropAlert(why: string): string | undefined {
  if (why === 'unknown-spi') return 'invalid-ike-spi';
  if (why.startsWith('header-')) return 'parse-error-header';
  return why.startsWith('syntax-') ? 'parse-error-body' : undefined;
}
