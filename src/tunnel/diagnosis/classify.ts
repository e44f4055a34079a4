import type { Evidence } from '../../ike/common/evidence.ts';
import type { ReasonCode } from '../../ike/common/reason.ts';
import { formatIdentity } from '../../sa/identity.ts';
import type { DiagnosisCode } from './codes.ts';
import type { Case } from './facts.ts';

/** What a failure was. The first row that fits decides; every reason has one that always does. */
export function classify(one: Case): DiagnosisCode {
  const { reason } = one.failure;
  if (reason === undefined) return 'peer-unfinished';
  const seen: Seen = { ...one, evidence: reason.evidence ?? {} };
  const row = ROWS[reason.code].find(({ when }) => when === undefined || when(seen));
  return row?.code ?? 'internal-error';
}

type Seen = Case & { readonly evidence: Evidence };
type Row = { readonly code: DiagnosisCode; readonly when?: (seen: Seen) => boolean };
type Always = { readonly code: DiagnosisCode; readonly when?: never };

const refused = ({ evidence }: Seen) => evidence.notify !== undefined;
const stage = (number: 1 | 2) => (seen: Seen) => seen.failure.stage === number;
const version = (number: 1 | 2) => (seen: Seen) => seen.policy.version === number;
const answered = ({ failure }: Seen) => failure.attempt?.answered !== undefined;
const asResponder = ({ failure }: Seen) => failure.role === 'responder';
const mismatch = (type: NonNullable<Evidence['mismatch']>) => (seen: Seen) => seen.evidence.mismatch === type;
const all =
  (...conditions: readonly ((seen: Seen) => boolean)[]) =>
  (seen: Seen) =>
    conditions.every((condition) => condition(seen));

/** The peer has read what only the holder of the key can have written. */
const keyShown = ({ evidence }: Seen) => evidence.proof === 'shown';

/** Whoever ends a tunnel that stood deletes its Child SAs first. */
const hadNothing = ({ trail, failure }: Seen) => failure.ikeSa !== undefined && trail.lost === undefined;

/** What IKE_AUTH could agree on lacks nothing else than the key exchange of a Child SA's own (RFC 7296 §1.2, §1.3.1). */
const atRekeying = ({ evidence, status }: Seen) =>
  evidence.exchange === 'CREATE_CHILD_SA' && status.connectionStatus === 'connected';

const ROWS: { readonly [Code in ReasonCode]: readonly [...Row[], Always] } = {
  'no-response': [
    { code: 'quick-mode-silent', when: ({ evidence }) => evidence.exchange === 'Quick Mode' },
    { code: 'port-4500-blocked', when: all(answered, ({ evidence }) => evidence.port === 4500) },
    { code: 'silent-after-answer', when: answered },
    { code: 'version-mismatch', when: ({ spoken }) => spoken !== undefined },
    { code: 'no-answer' },
  ],
  'no-proposal-chosen': [
    { code: 'version-mismatch', when: all(stage(1), refused, ({ spoken }) => spoken !== undefined) },
    { code: 'ike-proposals-refused', when: all(stage(1), refused) },
    { code: 'dh-group-mismatch', when: all(stage(1), mismatch('keyExchange')) },
    { code: 'ike-proposal-mismatch', when: all(stage(1), ({ evidence }) => evidence.proposals !== undefined) },
    { code: 'pfs-mismatch', when: all(stage(2), refused, atRekeying) },
    { code: 'ipsec-proposals-refused', when: all(stage(2), refused) },
    { code: 'ipsec-protocol-mismatch', when: all(stage(2), mismatch('protocol')) },
    { code: 'pfs-mismatch', when: all(stage(2), mismatch('keyExchange')) },
    { code: 'ipsec-proposal-mismatch', when: all(stage(2), ({ evidence }) => evidence.proposals !== undefined) },
    { code: 'nothing-to-offer' },
  ],
  'key-exchange-mismatch': [{ code: 'dh-group-mismatch' }],
  'authentication-failed': [
    { code: 'eap-wanted', when: ({ evidence }) => evidence.method === 'eap' },
    { code: 'psk-mismatch', when: ({ evidence }) => evidence.notify === 'PAYLOAD-MALFORMED' },
    { code: 'psk-or-identity-mismatch', when: all(refused, asResponder) },
    { code: 'mode-or-identity-mismatch', when: all(refused, version(1), keyShown) },
    { code: 'psk-mismatch', when: all(refused, version(1), answered) },
    { code: 'mode-or-identity-mismatch', when: all(refused, version(1)) },
    { code: 'psk-or-identity-mismatch', when: refused },
    {
      code: 'psk-or-port-4500',
      when: ({ evidence }) => evidence.proof === 'silent' && evidence.port === 4500,
    },
    { code: 'psk-mismatch' },
  ],
  'peer-identity-mismatch': [
    { code: 'own-identity-refused', when: refused },
    { code: 'own-identity-mismatch', when: asksForAnother },
    { code: 'peer-identity-mismatch' },
  ],
  'traffic-selectors-unacceptable': [
    { code: 'segments-refused', when: refused },
    { code: 'segments-mismatch', when: ({ evidence }) => evidence.exchange !== undefined },
    { code: 'segments-unsayable' },
  ],
  'child-refused': [
    { code: 'child-refused', when: refused },
    { code: 'ah-behind-nat', when: ({ policy }) => policy.childProtocol === 'ah' },
    { code: 'transport-behind-nat', when: ({ policy }) => policy.childMode === 'transport' },
    { code: 'child-refused' },
  ],
  'version-mismatch': [{ code: 'version-mismatch' }],
  'ppk-mismatch': [{ code: 'ppk-mismatch' }],
  'mode-mismatch': [
    { code: 'mode-mismatch', when: ({ evidence }) => evidence.mode !== undefined },
    { code: 'ipsec-mode-mismatch' },
  ],
  'protocol-error': [{ code: 'protocol-error' }],
  'kernel-refused': [{ code: 'kernel-refused' }],
  'peer-closed': [{ code: 'closed-at-once', when: all(version(1), asResponder, hadNothing) }, { code: 'peer-closed' }],
  'peer-unresponsive': [{ code: 'peer-dead' }],
  'peer-restarted': [{ code: 'peer-restarted' }],
  terminated: [{ code: 'ended' }],
  expired: [{ code: 'ended' }],
  replaced: [{ code: 'ended' }],
  'address-gone': [{ code: 'address-gone' }],
  'unresolved-peer': [{ code: 'peer-unresolved' }],
  'no-traffic': [{ code: 'waiting-for-traffic' }],
  'awaiting-turn': [{ code: 'connecting' }],
  'too-many': [{ code: 'too-many' }],
  'internal-error': [{ code: 'internal-error' }],
};

/** It is who it should be, and takes us for somebody else. */
function asksForAnother({ evidence, policy }: Seen): boolean {
  const expected = policy.remote.identity;
  const known = expected === undefined || evidence.identity === formatIdentity(expected);
  return known && evidence.asked !== undefined;
}
