import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../ike/common/evidence.ts';
import type { TunnelPolicy } from '../../ike/common/policy.ts';
import type { ReasonCode } from '../../ike/common/reason.ts';
import { NOTIFY, notifyName } from '../../ike/v1/wire/notify.ts';
import { selectorFromPrefix } from '../../sa/traffic-selector.ts';
import type { DiagnosisCode } from './codes.ts';
import { diagnose } from './diagnose.ts';
import type { Facts } from './facts.ts';
import {
  AGGRESSIVE,
  ANSWERED,
  ATTEMPT,
  connected,
  ESP,
  facts,
  failed,
  failure,
  MAIN,
  policy,
  status,
  V2,
} from './testing/facts.ts';
import type { Attempt, Failure } from './trail.ts';
import { VERDICTS } from './verdicts.ts';

type Row = readonly [
  code: DiagnosisCode,
  role: Failure['role'],
  version: Partial<TunnelPolicy>,
  stage: 1 | 2,
  reason: ReasonCode,
  evidence?: Evidence | undefined,
  attempt?: Attempt,
];

const THEIR_IKE = ['ike aes256-sha256-modp2048'];
const SILENT = { proof: 'silent', port: 500 } as const;
const SILENT_4500 = { proof: 'silent', port: 4500 } as const;

const ROWS: readonly Row[] = [
  ['no-answer', 'initiator', V2, 1, 'no-response', SILENT],
  ['no-answer', 'initiator', MAIN, 1, 'no-response', SILENT],
  ['no-answer', 'initiator', AGGRESSIVE, 1, 'no-response', SILENT],
  ['port-4500-blocked', 'initiator', V2, 1, 'no-response', SILENT_4500, ANSWERED],
  ['silent-after-answer', 'initiator', V2, 1, 'no-response', SILENT, ANSWERED],
  ['silent-after-answer', 'initiator', MAIN, 1, 'no-response', SILENT, ANSWERED],
  ['psk-or-port-4500', 'initiator', MAIN, 1, 'authentication-failed', SILENT_4500, ANSWERED],
  ['peer-unresolved', 'initiator', V2, 1, 'unresolved-peer'],
  ['ike-proposals-refused', 'initiator', V2, 1, 'no-proposal-chosen', { notify: 'NO_PROPOSAL_CHOSEN' }],
  ['ike-proposals-refused', 'initiator', MAIN, 1, 'no-proposal-chosen', { notify: 'NO-PROPOSAL-CHOSEN' }],
  ['ike-proposal-mismatch', 'responder', V2, 1, 'no-proposal-chosen', { proposals: THEIR_IKE, mismatch: 'encryption' }],
  ['ike-proposal-mismatch', 'responder', MAIN, 1, 'no-proposal-chosen', { proposals: THEIR_IKE }],
  ['dh-group-mismatch', 'initiator', V2, 1, 'key-exchange-mismatch', { notify: 'INVALID_KE_PAYLOAD', group: 14 }],
  [
    'dh-group-mismatch',
    'responder',
    MAIN,
    1,
    'no-proposal-chosen',
    { proposals: ['ike aes128-sha1-modp2048'], mismatch: 'keyExchange' },
  ],
  ['nothing-to-offer', 'initiator', V2, 1, 'no-proposal-chosen'],
  ['nothing-to-offer', 'initiator', V2, 2, 'no-proposal-chosen'],
  ['psk-mismatch', 'responder', V2, 1, 'authentication-failed', { identity: '192.0.2.2' }],
  ['psk-mismatch', 'responder', MAIN, 1, 'authentication-failed', { proof: 'unreadable' }],
  ['psk-mismatch', 'initiator', V2, 1, 'authentication-failed', undefined, ANSWERED],
  ['psk-mismatch', 'initiator', MAIN, 1, 'authentication-failed', SILENT, ANSWERED],
  [
    'psk-mismatch',
    'initiator',
    MAIN,
    1,
    'authentication-failed',
    { notify: notifyName(NOTIFY.PAYLOAD_MALFORMED) },
    ANSWERED,
  ],
  ['psk-mismatch', 'initiator', MAIN, 1, 'authentication-failed', { notify: 'AUTHENTICATION-FAILED' }, ANSWERED],
  ['psk-or-identity-mismatch', 'initiator', V2, 1, 'authentication-failed', { notify: 'AUTHENTICATION_FAILED' }],
  [
    'psk-or-identity-mismatch',
    'responder',
    AGGRESSIVE,
    1,
    'authentication-failed',
    { notify: 'AUTHENTICATION_FAILED' },
  ],
  [
    'mode-or-identity-mismatch',
    'initiator',
    MAIN,
    1,
    'authentication-failed',
    { notify: 'AUTHENTICATION_FAILED', proof: 'shown' },
    ANSWERED,
  ],
  [
    'mode-or-identity-mismatch',
    'initiator',
    AGGRESSIVE,
    1,
    'authentication-failed',
    { notify: 'AUTHENTICATION_FAILED' },
  ],
  ['mode-mismatch', 'responder', MAIN, 1, 'mode-mismatch', { mode: 'aggressive' }],
  ['version-mismatch', 'responder', V2, 1, 'version-mismatch', { version: 1 }],
  ['version-mismatch', 'initiator', V2, 1, 'version-mismatch', { notify: 'INVALID_MAJOR_VERSION' }],
  [
    'peer-identity-mismatch',
    'responder',
    V2,
    1,
    'peer-identity-mismatch',
    { identity: 'x.example', asked: '192.0.2.1' },
  ],
  ['peer-identity-mismatch', 'initiator', MAIN, 1, 'peer-identity-mismatch', { identity: 'x.example' }],
  [
    'own-identity-mismatch',
    'responder',
    V2,
    1,
    'peer-identity-mismatch',
    { identity: '192.0.2.2', asked: 'y.example' },
  ],
  ['own-identity-refused', 'initiator', MAIN, 1, 'peer-identity-mismatch', { notify: 'INVALID-ID-INFORMATION' }],
  ['eap-wanted', 'responder', V2, 1, 'authentication-failed', { method: 'eap' }],
  ['ppk-mismatch', 'responder', V2, 1, 'ppk-mismatch'],
  ['segments-refused', 'initiator', V2, 2, 'traffic-selectors-unacceptable', { notify: 'TS_UNACCEPTABLE' }],
  ['segments-refused', 'initiator', MAIN, 2, 'traffic-selectors-unacceptable', { notify: 'INVALID-ID-INFORMATION' }],
  [
    'segments-mismatch',
    'responder',
    V2,
    2,
    'traffic-selectors-unacceptable',
    { selectors: { local: ['10.9.0.0/16'], remote: ['10.2.0.0/16'] }, exchange: 'IKE_AUTH' },
  ],
  ['segments-unsayable', 'initiator', MAIN, 2, 'traffic-selectors-unacceptable'],
  ['ipsec-proposals-refused', 'initiator', V2, 2, 'no-proposal-chosen', { notify: 'N', exchange: 'IKE_AUTH' }],
  ['ipsec-proposals-refused', 'initiator', MAIN, 2, 'no-proposal-chosen', { notify: 'N', exchange: 'Quick Mode' }],
  ['ipsec-proposals-refused', 'initiator', V2, 2, 'no-proposal-chosen', { notify: 'N', exchange: 'CREATE_CHILD_SA' }],
  [
    'pfs-mismatch',
    'responder',
    MAIN,
    2,
    'no-proposal-chosen',
    { proposals: ['esp aes128-sha1-modp2048'], mismatch: 'keyExchange', exchange: 'Quick Mode' },
  ],
  [
    'ipsec-protocol-mismatch',
    'responder',
    V2,
    2,
    'no-proposal-chosen',
    { proposals: ['ah sha1'], mismatch: 'protocol', exchange: 'IKE_AUTH' },
  ],
  [
    'ipsec-proposal-mismatch',
    'responder',
    V2,
    2,
    'no-proposal-chosen',
    { proposals: ['esp aes256-sha256'], mismatch: 'encryption', exchange: 'IKE_AUTH' },
  ],
  ['transport-behind-nat', 'responder', { childMode: 'transport' }, 2, 'child-refused'],
  ['ipsec-mode-mismatch', 'initiator', { childMode: 'transport' }, 2, 'mode-mismatch'],
  ['ipsec-mode-mismatch', 'responder', V2, 2, 'mode-mismatch'],
  ['ah-behind-nat', 'initiator', { childProtocol: 'ah' }, 2, 'child-refused'],
  ['child-refused', 'initiator', V2, 2, 'child-refused', { notify: 'NO_ADDITIONAL_SAS', exchange: 'IKE_AUTH' }],
  ['quick-mode-silent', 'initiator', MAIN, 2, 'no-response', { exchange: 'Quick Mode', proof: 'silent' }],
  ['protocol-error', 'initiator', V2, 1, 'protocol-error'],
  ['kernel-refused', 'initiator', V2, 2, 'kernel-refused'],
  ['peer-closed', 'responder', V2, 1, 'peer-closed'],
  ['peer-dead', 'initiator', V2, 1, 'peer-unresponsive'],
  ['peer-restarted', 'initiator', V2, 1, 'peer-restarted'],
  ['address-gone', 'initiator', V2, 1, 'address-gone'],
  ['ended', 'initiator', V2, 1, 'expired'],
  ['ended', 'initiator', V2, 1, 'terminated'],
  ['too-many', 'responder', V2, 1, 'too-many'],
  ['internal-error', 'initiator', V2, 1, 'internal-error'],
];

const REFUSED_AT_REKEYING = {
  ...failure('initiator', 2, 'no-proposal-chosen', { notify: 'NO_PROPOSAL_CHOSEN', exchange: 'CREATE_CHILD_SA' }),
  renewed: false,
};

const STATES: readonly (readonly [DiagnosisCode, Facts])[] = [
  ['disabled', facts({ status: status({ connectionStatus: 'disabled' }) })],
  ['closed-at-once', closed({ begun: [] })],
  ['peer-closed', closed({ begun: [], lost: failure(null, 1, 'terminated') })],
  ['waiting-for-peer', facts({ status: status({ connectionStatus: 'waiting' }) })],
  [
    'waiting-for-traffic',
    facts({ status: status({ connectionStatus: 'waiting', reason: { code: 'no-traffic', text: 'none' } }) }),
  ],
  ['connecting', facts({ status: status({ connectionStatus: 'connecting' }) })],
  ['peer-unresolved', facts({ status: status({ reason: { code: 'unresolved-peer', text: 'no address' } }) })],
  ['peer-unfinished', facts({ trail: { begun: [], peers: unfinished() } })],
  ['connected', connected(3, 3)],
  ['no-traffic-yet', connected(0, 0)],
  ['no-return-traffic', connected(0, 3)],
  ['no-outgoing-traffic', connected(3, 0)],
  ['forwarding-off', connected(3, 0, { host: { kernelErrors: {}, forwarding: false } })],
  ['reverse-path-filtered', connected(3, 0, { host: { kernelErrors: { IPReversePathFilter: 3 } } })],
  ['stale-spi', connected(0, 3, { host: { kernelErrors: { XfrmInNoStates: 5, XfrmInNoPols: 1 } } })],
  ['integrity-failures', connected(0, 3, { host: { kernelErrors: { XfrmInStateProtoError: 5 } } })],
  ['policy-mismatch', connected(0, 3, { host: { kernelErrors: { XfrmInTmplMismatch: 5 } } })],
  ['policy-mismatch', connected(0, 3, { host: { kernelErrors: { XfrmInNoPols: 5 } } })],
  ['replays', connected(0, 3, { host: { kernelErrors: { XfrmInStateSeqError: 5 } } })],
  ['large-packets-lost', connected(3, 3, { largePackets: 'lost' })],
  ['fragments-lost', connected(3, 3, { host: { kernelErrors: { IpReasmFails: 1 } } })],
  ['pfs-mismatch', connected(3, 3, { trail: { begun: [7], beside: REFUSED_AT_REKEYING } })],
  ['narrowed', partly(connected(3, 3, { policy: policy({ local: twoSegments() }) }))],
];

/** The peer has begun an IKE SA of IKEv1 and closed it, after all else that is known. */
function closed(trail: Facts['trail']): Facts {
  const peers = { ...failure('responder', 1, 'peer-closed'), ikeSa: 9, authenticated: true };
  return facts({ policy: policy(MAIN), trail: { ...trail, peers } });
}

function unfinished(): Failure {
  return { role: 'responder', stage: 1, at: 0, authenticated: false, remote: { address: '192.0.2.2', port: 500 } };
}

function twoSegments(): TunnelPolicy['local'] {
  const { local } = policy();
  return { ...local, selectors: [...local.selectors, selectorFromPrefix({ address: '10.3.0.0', length: 16 })] };
}

function factsOf([, role, version, stage, reason, evidence, attempt]: Row): Facts {
  return failed(failure(role, stage, reason, evidence, attempt), version);
}

/** A second pair of segments has no Child SA. */
function partly(known: Facts): Facts {
  const pairs = { total: 2, up: 1, down: [{ local: '10.3.0.0/16', remote: '10.2.0.0/16' }] };
  return { ...known, status: { ...known.status, pairs } };
}

describe('what is found', () => {
  it.each(ROWS.map((row) => ({ code: row[0], role: row[1], row })))('$code: as $role', ({ code, role, row }) => {
    const { finding } = diagnose(factsOf(row));
    expect([finding.code, finding.role]).toEqual([code, role]);
  });

  it.each(STATES)('%s', (code, known) => {
    expect(diagnose(known).finding.code).toBe(code);
  });

  it('is every code there is', () => {
    const found = new Set([...ROWS.map(([code]) => code), ...STATES.map(([code]) => code)]);
    expect([...found].toSorted()).toEqual(Object.keys(VERDICTS).toSorted());
  });
});

describe('what is said', () => {
  const all: Facts[] = [...ROWS.map(factsOf), ...STATES.map(([, known]) => known)];

  it('leaves no word open and no sentence empty', () => {
    for (const known of all) {
      const { verdict, fixHere, fixThere, evidence } = diagnose(known).finding;
      for (const text of [verdict, fixHere, fixThere, ...evidence]) {
        expect(text).toMatch(/\S/);
        expect(text).not.toMatch(/[{}?]|undefined|, ,|: $/);
      }
    }
  });

  it('names the group that the peer wants, and where to set it', () => {
    const evidence = { notify: 'INVALID_KE_PAYLOAD', group: 14 };
    const { finding, keys } = diagnose(failed(failure('initiator', 1, 'key-exchange-mismatch', evidence)));
    expect(finding.verdict).toBe(
      'the DH groups of stage 1 differ: the peer wants 14 (modp2048), this end has 2 (modp1024)',
    );
    expect(finding.fixHere).toBe('set ike.dhGroup: 14');
    expect(finding.evidence).toContain('INVALID_KE_PAYLOAD from 192.0.2.2, which wants DH group 14 (modp2048)');
    expect(finding.comparisons).toEqual([
      {
        what: 'IKE proposals',
        here: ['ike aes128-sha1-modp1024'],
        peer: ['DH group 14 (modp2048)'],
        difference: null,
      },
    ]);
    expect(keys).toEqual([['ike.dhGroup', 'ike.proposals']]);
    expect(finding.faq).toEqual(['6 (4)']);
  });

  it('shows both lists of proposals with all that differs, and only those keys', () => {
    const evidence = { proposals: ['ike aes256-sha1-modp2048'], mismatch: 'encryption' } as const;
    const { finding, keys } = diagnose(failed(failure('responder', 1, 'no-proposal-chosen', evidence)));
    expect(finding.comparisons).toEqual([
      {
        what: 'IKE proposals',
        here: ['ike aes128-sha1-modp1024'],
        peer: ['ike aes256-sha1-modp2048'],
        difference: 'encryption: here aes128, there aes256; DH group: here 2 (modp1024), there 14 (modp2048)',
      },
    ]);
    expect(finding.fixHere).toBe('set ike.encryption: aes256, ike.dhGroup: 14');
    expect(keys).toEqual([
      ['ike.encryption', 'ike.proposals'],
      ['ike.dhGroup', 'ike.proposals'],
    ]);
  });

  it('does not count the PFS group among what IKE_AUTH could not agree on', () => {
    const evidence = { proposals: ['esp aes256-sha1'], mismatch: 'encryption', exchange: 'IKE_AUTH' } as const;
    const { finding } = diagnose(failed(failure('responder', 2, 'no-proposal-chosen', evidence)));
    expect(finding.comparisons[0]?.difference).toBe('encryption: here aes128, there aes256');
    expect(finding.fixHere).toBe('set ipsec.encryption: aes256');
  });

  it('shows both ids of both ends', () => {
    const evidence = { identity: 'x.example', asked: '192.0.2.1' };
    const { finding } = diagnose(failed(failure('responder', 1, 'peer-identity-mismatch', evidence)));
    expect(finding.verdict).toBe('the peer calls itself "x.example", this tunnel expects "192.0.2.2"');
    expect(finding.comparisons).toEqual([
      { what: 'our id', here: ['192.0.2.1'], peer: ['192.0.2.1'], difference: null },
      {
        what: "the peer's id",
        here: ['192.0.2.2'],
        peer: ['x.example'],
        difference: 'the peer calls itself x.example',
      },
    ]);
  });

  it.each([
    [
      'swapped',
      { local: ['10.2.0.0/16'], remote: ['10.1.0.0/16'] },
      'the two sides are swapped: the peer has 10.1.0.0/16 for its own segments, which are ours',
    ],
    [
      'another one at our end',
      { local: ['10.9.0.0/16'], remote: ['10.2.0.0/16'] },
      'for our end the peer has 10.9.0.0/16, and local.subnets has 10.1.0.0/16',
    ],
    [
      'others at both ends',
      { local: ['10.9.0.0/16'], remote: ['10.8.0.0/16'] },
      'for our end the peer has 10.9.0.0/16, and local.subnets has 10.1.0.0/16; for its own end the peer has 10.8.0.0/16, and remote.subnets has 10.2.0.0/16',
    ],
  ])('tells how segments differ: %s', (_, selectors, difference) => {
    const evidence = { selectors, exchange: 'IKE_AUTH' } as const;
    const { finding } = diagnose(failed(failure('responder', 2, 'traffic-selectors-unacceptable', evidence)));
    expect(finding.comparisons[0]?.difference).toBe(difference);
    expect(finding.verdict).toBe(`the segments do not match: ${difference}`);
    expect(finding.fixThere).toBe('or set there the mirror image of this end: local 10.2.0.0/16, remote 10.1.0.0/16');
  });

  it('tells of ESP in UDP that is forced, and not of a NAT', () => {
    const nat = { local: true, remote: false, forced: true };
    const evidence = { notify: 'AUTHENTICATION_FAILED' };
    const known = failed(failure('initiator', 1, 'authentication-failed', evidence, { ...ANSWERED, nat }));
    expect(diagnose(known).finding.checks).toContainEqual({
      name: 'nat',
      state: 'passed',
      text: 'ESP goes in UDP as it is configured',
    });
  });

  it('tells what was reached and what was not', () => {
    const evidence = { notify: 'AUTHENTICATION_FAILED' };
    const known = failed(failure('initiator', 1, 'authentication-failed', evidence, ANSWERED), { version: 2 });
    expect(diagnose(known).finding.checks.map(({ state, text }) => `${state}: ${text}`)).toEqual([
      'passed: UDP 500 answers (28 ms)',
      'passed: IKE version agreed',
      'passed: IKE proposal agreed',
      'passed: no NAT on the path',
      'passed: UDP 4500 answers',
      'suspect: pre-shared key may differ',
      'suspect: identities may differ',
      'not-reached: segments not reached yet',
      'not-reached: IPsec proposal not reached yet',
      'not-reached: data plane not reached yet',
      'not-reached: packets not reached yet',
    ]);
  });

  it('counts the transmissions that nobody answered', () => {
    const { evidence } = diagnose(failed(failure('initiator', 1, 'no-response', SILENT, ATTEMPT))).finding;
    expect(evidence).toContain('no answer to 4 transmissions');
  });
});

describe('a peer that may have another IKE version', () => {
  it.each([
    ['no-response', SILENT],
    ['no-proposal-chosen', { notify: 'NO_PROPOSAL_CHOSEN' }],
  ] as const)('is to be asked where it leaves that open (%s), and then it is clear', (reason, evidence) => {
    const known = failed(failure('initiator', 1, reason, evidence), V2);
    expect(diagnose(known).wantsVersion).toBe(true);
    const { finding, wantsVersion } = diagnose({ ...known, spoken: 1 });
    expect(finding).toMatchObject({ code: 'version-mismatch', fixHere: 'set ike.version: 1', faq: ['6 (2)'] });
    expect(finding.comparisons).toEqual([{ what: 'IKE version', here: ['2'], peer: ['1'], difference: null }]);
    expect(wantsVersion).toBe(false);
  });

  it('is not asked where the cause is known, nor as the one that called', () => {
    expect(diagnose(failed(failure('initiator', 1, 'authentication-failed'))).wantsVersion).toBe(false);
    expect(diagnose(failed(failure('responder', 1, 'no-response', SILENT))).wantsVersion).toBe(false);
    expect(diagnose(connected(3, 3)).wantsVersion).toBe(false);
  });
});

describe('what may be believed', () => {
  const spoofed = failure('responder', 1, 'no-proposal-chosen', { proposals: THEIR_IKE, mismatch: 'encryption' });

  it('a request that anybody could have sent says nothing about a tunnel that is connected', () => {
    const known = connected(3, 3, { trail: { begun: [], peers: spoofed, own: spoofed } });
    expect(diagnose(known).finding).toMatchObject({ code: 'connected', severity: 'fine', authenticated: true });
  });

  it('what comes under the keys of Main Mode is the word of the peer', () => {
    const own = failure('initiator', 1, 'authentication-failed', { notify: 'AUTHENTICATION_FAILED', proof: 'shown' });
    const { finding } = diagnose(facts({ policy: policy(MAIN), trail: { begun: [], own, peers: spoofed } }));
    expect(finding).toMatchObject({ code: 'mode-or-identity-mismatch', authenticated: true });
    expect(finding.evidence).toContain('this came under keys that only the peer has');
  });

  it('silence, and what this machine itself cannot do, nobody has sent', () => {
    for (const own of [failure('initiator', 1, 'no-response', SILENT), failure('initiator', 2, 'kernel-refused')]) {
      const { evidence } = diagnose(facts({ trail: { begun: [], own } })).finding;
      expect(evidence.filter((text) => text.includes('proven') || text.includes('keys'))).toEqual([]);
    }
  });

  it('a peer whose name has no address has said nothing lately, whatever it did before', () => {
    const own = failure('initiator', 1, 'no-response', SILENT);
    const known = facts({
      status: status({ reason: { code: 'unresolved-peer', text: 'none' } }),
      trail: { begun: [], own },
    });
    expect(diagnose(known).finding).toMatchObject({ code: 'peer-unresolved', role: null });
  });

  it('nor does it outweigh what the peer has said in an IKE SA', () => {
    const own = failure('initiator', 2, 'traffic-selectors-unacceptable', { notify: 'TS_UNACCEPTABLE' });
    const { finding } = diagnose(facts({ trail: { begun: [], own, peers: spoofed } }));
    expect(finding).toMatchObject({ code: 'segments-refused', authenticated: true });
    expect(finding.evidence.at(-1)).toMatch(/^besides, when the peer begins: the text of no-proposal-chosen/);
  });

  it('where nothing is proven, it is marked, and what explains more is given', () => {
    const own = failure('initiator', 1, 'no-response', SILENT);
    const { finding } = diagnose(facts({ trail: { begun: [], own, peers: spoofed } }));
    expect(finding).toMatchObject({ code: 'ike-proposal-mismatch', role: 'responder', authenticated: false });
    expect(finding.evidence).toContain(
      'nobody has proven to have sent this: it is as good as the network it came over',
    );
  });

  it('what is older than ten minutes beside something newer is history', () => {
    const own = failure('initiator', 1, 'no-response', SILENT);
    const peers = { ...spoofed, at: spoofed.at - 700_000 };
    expect(diagnose(facts({ trail: { begun: [], own, peers } })).finding.code).toBe('no-answer');
  });
});

describe('a clock that is not right', () => {
  const texts = (changes: Partial<Facts>) => diagnose(connected(3, 3, changes)).finding.evidence.join();

  it('is told, whether it was set forward or back, and of a tunnel that is down as well', () => {
    const host = { kernelErrors: {}, clockStep: 3_600_000 };
    expect(texts({ host })).toContain('the clock of this machine went forward by 3600s lately');
    expect(texts({ host: { ...host, clockStep: -90_000 } })).toContain('went back by 90s lately');
    const down = { ...failed(failure('initiator', 1, 'no-response', SILENT)), host };
    expect(diagnose(down).finding.evidence.at(-1)).toContain('the clock of this machine went forward');
    expect(diagnose(down).finding.code).toBe('no-answer');
  });

  it('is told where it was never set, and not where nothing is wrong with it', () => {
    expect(texts({ now: 86_400_000 })).toContain('the clock of this machine has never been set');
    expect(texts({})).not.toContain('clock');
  });
});

describe('a tunnel that is connected', () => {
  it('has some seconds before packets have to come back', () => {
    expect(diagnose(connected(0, 3, { carriesFor: 5_000 })).finding.code).toBe('connected');
  });

  it('is doubtful, not broken, where its Child SAs cannot be replaced', () => {
    const { finding } = diagnose(connected(3, 3, { trail: { begun: [7], beside: REFUSED_AT_REKEYING } }));
    expect(finding).toMatchObject({ code: 'pfs-mismatch', severity: 'doubtful' });
  });

  it.each([
    ['both ways', connected(3, 3), 'packets go both ways'],
    ['one way', connected(0, 3), 'packets do not go both ways'],
    ['not at all', connected(0, 0), 'packets not seen yet'],
  ])('has been agreed on, whether packets go %s', (_, known, last) => {
    const { checks } = diagnose(known).finding;
    expect(checks.map(({ text }) => text).slice(-4)).toEqual([
      'segments agreed',
      'IPsec proposal agreed',
      'data plane has the SAs',
      last,
    ]);
  });

  it('is doubtful where a large packet to the peer is lost and a small one is not', () => {
    for (const known of [connected(3, 3, { largePackets: 'lost' }), connected(0, 0, { largePackets: 'lost' })]) {
      const { finding } = diagnose(known);
      expect(finding).toMatchObject({ code: 'large-packets-lost', severity: 'doubtful', faq: ['9'] });
      expect(finding.verdict).toContain('small ones reach 192.0.2.2');
      expect(finding.evidence).toContain(
        'asked with a small packet and with one of 1500 bytes, the peer answers the small one alone',
      );
    }
    const { finding } = diagnose(connected(3, 3, { largePackets: 'answered' }));
    expect(finding).toMatchObject({ code: 'connected', severity: 'fine' });
    expect(finding.evidence.join()).toContain('a packet of 1500 bytes reaches the peer, which answers it');
  });

  it('is asked with a large packet where nothing worse is known', () => {
    expect(diagnose(connected(3, 3)).wantsSize).toBe(true);
    expect(diagnose(connected(0, 3)).wantsSize).toBe(false);
    expect(diagnose(failed(failure('initiator', 1, 'no-response', SILENT))).wantsSize).toBe(false);
  });

  it('is doubtful where fragments come of packets that are never whole', () => {
    const { finding } = diagnose(connected(3, 3, { host: { kernelErrors: { IpReasmFails: 2 } } }));
    expect(finding).toMatchObject({ code: 'fragments-lost', severity: 'doubtful' });
    expect(finding.evidence.join()).toContain('2 more IpReasmFails');
  });

  it('tells of the errors of the kernel even where packets go both ways', () => {
    const { finding } = diagnose(connected(3, 3, { host: { kernelErrors: { XfrmInStateSeqError: 2, XfrmNew: 1 } } }));
    expect(finding.code).toBe('connected');
    expect(finding.evidence).toContain(
      'the kernel counts 2 more XfrmInStateSeqError (all tunnels together): packets came twice, or too late',
    );
    expect(finding.evidence).toContain('the kernel counts 1 more XfrmNew (all tunnels together)');
  });

  it('of IKEv1 is told of the pair that has no Child SA, and no longer once it has', () => {
    const evidence = { notify: 'INVALID-ID-INFORMATION', exchange: 'Quick Mode' } as const;
    const beside = { ...failure('initiator', 2, 'traffic-selectors-unacceptable', evidence), renewed: false };
    const trail = { begun: [7], beside };
    const known = { policy: policy(MAIN), trail };
    const { finding } = diagnose(partly(connected(3, 3, known)));
    expect(finding).toMatchObject({ code: 'narrowed', severity: 'doubtful', authenticated: true });
    expect(finding.evidence).toContain('INVALID-ID-INFORMATION from 192.0.2.2 in Quick Mode');
    expect(diagnose(connected(3, 3, known)).finding.code).toBe('connected');
  });

  it('without PFS may meet a peer that has it', () => {
    const known = { policy: policy({ childProposals: [{ ...ESP, keyExchange: [] }] }) };
    const trail = { begun: [7], beside: REFUSED_AT_REKEYING };
    const { finding } = diagnose(connected(3, 3, { ...known, trail }));
    expect(finding.code).toBe('pfs-mismatch');
    expect(finding.verdict).toContain('here none, and the peer does not say what it has');
  });
});
