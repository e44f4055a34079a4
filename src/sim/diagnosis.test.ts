import { describe, expect, it } from 'vitest';
import { utf8 } from '../base/bytes.ts';
import type { Endpoint } from '../base/net.ts';
import { Secret } from '../base/secret.ts';
import { HOUR, MINUTE } from '../base/time.ts';
import type { Input } from '../ike/common/input.ts';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import { selectorFromPrefix } from '../sa/traffic-selector.ts';
import type { DiagnosisCode } from '../tunnel/diagnosis/codes.ts';
import { PRESETS } from './conditions.ts';
import type { SimNetwork } from './network.ts';
import { diagnosisOf, ServicePair } from './service-pair.ts';
import { CHEAP_ESP, CHEAP_IKE, fqdn, LEFT, RIGHT } from './tunnels.ts';

type Version = 'v2' | 'main' | 'aggressive';

const VERSIONS: Readonly<Record<Version, Pick<TunnelPolicy, 'version' | 'mode'>>> = {
  v2: { version: 2, mode: 'main' },
  main: { version: 1, mode: 'main' },
  aggressive: { version: 1, mode: 'aggressive' },
};

type Cause = {
  readonly cause: string;
  /** What the responder has otherwise. */
  readonly right: Partial<TunnelPolicy>;
  /** What each end makes of it, where it is not the same in all versions by version. */
  readonly initiator: DiagnosisCode | Readonly<Record<Version, DiagnosisCode>>;
  readonly responder: DiagnosisCode | Readonly<Record<Version, DiagnosisCode>>;
};

const LEFT_SEGMENT = selectorFromPrefix({ address: '10.1.0.0', length: 16 });
const RIGHT_SEGMENT = selectorFromPrefix({ address: '10.2.0.0', length: 16 });
const OTHER_SEGMENT = selectorFromPrefix({ address: '172.16.0.0', length: 16 });
const own = { address: RIGHT.address, identity: { type: 'ipv4', address: RIGHT.address } } as const;
const peer = {
  address: { kind: 'address', address: LEFT.address },
  identity: { type: 'ipv4', address: LEFT.address },
} as const;

const CAUSES: readonly Cause[] = [
  {
    cause: 'another pre-shared key',
    right: { psk: new Secret(utf8('other')) },
    initiator: { v2: 'psk-or-identity-mismatch', main: 'psk-mismatch', aggressive: 'psk-mismatch' },
    responder: { v2: 'psk-mismatch', main: 'psk-mismatch', aggressive: 'peer-unfinished' },
  },
  {
    cause: 'it expects another identity of the initiator',
    right: { remote: { ...peer, identity: fqdn('elsewhere.example'), selectors: [LEFT_SEGMENT] } },
    initiator: {
      v2: 'psk-or-identity-mismatch',
      main: 'own-identity-refused',
      aggressive: 'mode-or-identity-mismatch',
    },
    responder: 'peer-identity-mismatch',
  },
  {
    cause: 'it has another identity than the initiator expects',
    right: { local: { ...own, identity: fqdn('elsewhere.example'), selectors: [RIGHT_SEGMENT] } },
    initiator: { v2: 'psk-or-identity-mismatch', main: 'peer-identity-mismatch', aggressive: 'peer-identity-mismatch' },
    responder: { v2: 'own-identity-mismatch', main: 'closed-at-once', aggressive: 'peer-unfinished' },
  },
  {
    cause: 'another encryption in stage 1',
    right: { ikeProposals: [{ ...CHEAP_IKE, encryption: ['aes256'] }] },
    initiator: 'ike-proposals-refused',
    responder: 'ike-proposal-mismatch',
  },
  {
    cause: 'another DH group in stage 1',
    right: { ikeProposals: [{ ...CHEAP_IKE, keyExchange: ['modp1024'] }] },
    initiator: 'ike-proposals-refused',
    responder: 'dh-group-mismatch',
  },
  {
    cause: 'AH instead of ESP',
    right: { childProtocol: 'ah', childProposals: [{ ...CHEAP_ESP, protocol: 'ah', encryption: [] }] },
    initiator: 'ipsec-proposals-refused',
    responder: 'ipsec-protocol-mismatch',
  },
  {
    cause: 'another authentication in stage 2',
    right: { childProposals: [{ ...CHEAP_ESP, integrity: ['sha512'] }] },
    initiator: 'ipsec-proposals-refused',
    responder: 'ipsec-proposal-mismatch',
  },
  {
    cause: 'other segments',
    right: { remote: { ...peer, selectors: [OTHER_SEGMENT] } },
    initiator: 'segments-refused',
    responder: 'segments-mismatch',
  },
  {
    cause: 'segments that are swapped',
    right: {
      local: { ...own, selectors: [LEFT_SEGMENT] },
      remote: { ...peer, selectors: [RIGHT_SEGMENT] },
    },
    initiator: 'segments-refused',
    responder: 'segments-mismatch',
  },
];

function codeFor(code: Cause['initiator'], version: Version): DiagnosisCode {
  return typeof code === 'string' ? code : code[version];
}

type Gate = SimNetwork['gate'];

function refusedPair(right: Partial<TunnelPolicy>, tunnel: Partial<TunnelPolicy> = {}, gate?: Gate): ServicePair {
  const pair = new ServicePair({
    seed: 1,
    network: PRESETS.calm,
    tunnel,
    left: { policy: { retry: { attempts: 1, interval: 12_000 }, childLifetime: HOUR } },
    right: { policy: { start: 'respond', ...right } },
  });
  pair.world.network.gate = gate;
  pair.start(pair.left);
  pair.start(pair.right);
  return pair;
}

function misconfigured(version: Version, right: Partial<TunnelPolicy>) {
  const pair = refusedPair(right, VERSIONS[version]);
  pair.world.run(MINUTE);
  return { left: diagnosisOf(pair.left, pair.left.now()), right: diagnosisOf(pair.right, pair.right.now()) };
}

describe.each(['v2', 'main', 'aggressive'] as const)('what both ends make of it, in %s', (version) => {
  it.each(CAUSES)('where the responder has $cause', ({ right, initiator, responder }) => {
    const { left, right: theirs } = misconfigured(version, right);
    expect([left.code, theirs.code]).toEqual([codeFor(initiator, version), codeFor(responder, version)]);
  });
});

describe('what is not agreed on before the first proposal', () => {
  it('the versions differ: the one that is called says so, the caller hears only that it is refused', () => {
    const { left, right } = misconfigured('v2', VERSIONS.main);
    expect([left.code, right.code]).toEqual(['ike-proposals-refused', 'version-mismatch']);
    expect(right.comparisons).toEqual([{ what: 'IKE version', here: ['1'], peer: ['2'], difference: null }]);
  });

  it.each([
    ['main', VERSIONS.aggressive],
    ['aggressive', VERSIONS.main],
  ] as const)('the modes differ: %s is asked for', (version, right) => {
    const both = misconfigured(version, right);
    expect([both.left.code, both.right.code]).toEqual(['mode-or-identity-mismatch', 'mode-mismatch']);
    expect(both.right.fixHere).toBe(`set ike.mode: ${version}`);
  });
});

describe('the PFS groups differ', () => {
  // The initiator has none.
  const right = { childProposals: [{ ...CHEAP_ESP, keyExchange: ['modp1024'] as const }] };

  it('in IKEv1 at once', () => {
    const both = misconfigured('main', right);
    expect([both.left.code, both.right.code]).toEqual(['ipsec-proposals-refused', 'pfs-mismatch']);
  });

  it('in IKEv2 when the first Child SA is to be replaced, while the tunnel stays up', () => {
    const pair = refusedPair(right);
    pair.world.run(2 * HOUR);
    expect(pair.connected).toBe(true);
    const [left, theirs] = [pair.left, pair.right].map((gateway) => diagnosisOf(gateway, gateway.now()));
    expect(left).toMatchObject({ code: 'pfs-mismatch', severity: 'doubtful', connectionStatus: 'connected' });
    expect(theirs).toMatchObject({ code: 'pfs-mismatch', severity: 'doubtful' });
    expect(theirs?.comparisons[0]?.difference).toBe('DH group: here 2 (modp1024), there none');
  });
});

describe('what firewalls do', () => {
  const findings = (pair: ServicePair) =>
    [pair.left, pair.right].map((gateway) => diagnosisOf(gateway, gateway.now()).code);

  it.each(['v2', 'main', 'aggressive'] as const)('nothing passes, in %s', (version) => {
    const pair = refusedPair({}, VERSIONS[version], () => true);
    pair.world.run(MINUTE);
    expect(findings(pair)).toEqual(['no-answer', 'waiting-for-peer']);
  });

  it('UDP 4500 does not pass, which IKEv2 moves to', () => {
    const pair = refusedPair({}, {}, ({ to }) => to.port === 4500);
    pair.world.run(MINUTE);
    expect(findings(pair)).toEqual(['port-4500-blocked', 'peer-unfinished']);
  });

  it('a proposal in the name of the peer is no verdict on a tunnel that works', () => {
    const pair = refusedPair({});
    pair.awaitConnection();
    const remote = { address: RIGHT.address, port: 500 };
    pair.left.call((machine, now) => machine.handle(strangeOffer({ address: LEFT.address, port: 500 }, remote), now));
    pair.world.run(MINUTE);
    expect(findings(pair)).toEqual(['no-traffic-yet', 'no-traffic-yet']);
  });
});

/** An IKE_SA_INIT of another gateway at that address, which has nothing in common with ours. */
function strangeOffer(local: Endpoint, remote: Endpoint): Input {
  let bytes: Uint8Array | undefined;
  const stranger = refusedPair({}, { ikeProposals: [{ ...CHEAP_IKE, encryption: ['3des'] }] }, (datagram) => {
    bytes ??= datagram.bytes;
    return true;
  });
  stranger.world.run(MINUTE);
  if (bytes === undefined) throw new RangeError('nothing was sent');
  return { kind: 'datagram', local, remote, bytes };
}
