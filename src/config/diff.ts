import { toHex } from '../base/bytes.ts';
import { sameData } from '../base/same-data.ts';
import type { Many, TunnelPolicy } from '../ike/common/policy.ts';
import { selectorPairs } from '../sa/selector-pairs.ts';
import { formatSelector, selectorKey, type TrafficSelector } from '../sa/traffic-selector.ts';
import type { Configuration, Tunnel } from './configuration.ts';

export type SegmentPair = { readonly local: string; readonly remote: string };

/** What a new configuration means for one tunnel. */
export type TunnelChange = {
  readonly tunnel: string;
  /** Its name so far, where that was another one. */
  readonly was?: string;
  readonly change: 'unchanged' | 'changed' | 'added' | 'removed';
  /** What differs, in the words of the configuration. */
  readonly keys: readonly string[];
  /** Whether it has to start over. If not, it goes on with its SAs. */
  readonly reconnect: boolean;
  /** What is to get new keys at once, so that the change takes effect; make before break. */
  readonly renew: readonly ('ike' | 'child')[];
  readonly addedPairs: readonly SegmentPair[];
  readonly droppedPairs: readonly SegmentPair[];
};

/**
 * What a new configuration means for each tunnel: those of `after` in its order, then those that are gone. Only what
 * the tunnel does counts (its policy with everything that it takes from gateway and peer, and whether it is enabled);
 * names, labels, remarks and the way a value is written do not. A tunnel that is there under another name and is the
 * same in everything else is that tunnel.
 */
export function diffConfigurations(
  before: Pick<Configuration, 'tunnels'>,
  after: Pick<Configuration, 'tunnels'>,
): TunnelChange[] {
  const names = new Set(after.tunnels.map(({ name }) => name));
  const old = new Map(before.tunnels.map((tunnel) => [tunnel.name, tunnel]));
  const orphans = new Map(before.tunnels.filter(({ name }) => !names.has(name)).map((one) => [fingerprint(one), one]));
  const kept = after.tunnels.map((tunnel): TunnelChange => {
    const earlier = old.get(tunnel.name) ?? (orphans.size === 0 ? undefined : orphans.get(fingerprint(tunnel)));
    if (earlier === undefined) return { ...nothing(tunnel.name), change: 'added' };
    old.delete(earlier.name);
    if (orphans.size > 0) orphans.delete(fingerprint(earlier));
    // What was not read again has the same policy: of thousands, all but one.
    const isSame = earlier.policy === tunnel.policy && earlier.enabled === tunnel.enabled;
    return isSame ? nothing(tunnel.name) : compare(earlier, tunnel);
  });
  return [...kept, ...[...old.keys()].map((name): TunnelChange => ({ ...nothing(name), change: 'removed' }))];
}

/**
 * What a difference takes: `in-place` nothing but to be known, `ike` and `child` new SAs of that kind, `segments` more or
 * fewer Child SAs, `reconnect` a new beginning.
 */
type Cost = 'in-place' | 'ike' | 'child' | 'segments' | 'reconnect';

type Part = { readonly key: string; readonly cost: Cost; readonly of: (policy: TunnelPolicy) => unknown };

// biome-ignore format: one part, one row
const PARTS: readonly Part[] = [
  { key: 'gateways.address', cost: 'reconnect', of: ({ local }) => [local.address, local.alternatives] },
  { key: 'peers.address', cost: 'reconnect', of: ({ remote }) => [remote.address, remote.alternatives] },
  { key: 'peers.within', cost: 'reconnect', of: ({ remote }) => remote.within },
  { key: 'peers.profile', cost: 'reconnect', of: ({ singlePairs }) => singlePairs },
  { key: 'local.id', cost: 'reconnect', of: ({ local }) => local.identity },
  { key: 'remote.id', cost: 'reconnect', of: ({ remote, many }) => [remote.identity, many === undefined] },
  { key: 'remote.pattern', cost: 'reconnect', of: ({ remote }) => remote.pattern },
  { key: 'psk', cost: 'reconnect', of: ({ psk, many }) => (many === undefined ? toHex(psk.expose()) : undefined) },
  { key: 'keys', cost: 'in-place', of: ({ many }) => many && keysOf(many) },
  { key: 'remote.limit', cost: 'in-place', of: ({ many }) => many?.limit },
  { key: 'ppk', cost: 'reconnect', of: ({ ppk }) => ppk && [ppk.id, ppk.required, toHex(ppk.secret.expose())] },
  { key: 'ike.version', cost: 'reconnect', of: ({ version }) => version },
  { key: 'ike.mode', cost: 'reconnect', of: ({ mode }) => mode },
  { key: 'ike.mobike', cost: 'reconnect', of: ({ mobike }) => mobike },
  { key: 'ipsec.protocol', cost: 'reconnect', of: ({ childProtocol }) => childProtocol },
  { key: 'ipsec.mode', cost: 'reconnect', of: ({ childMode }) => childMode },
  { key: 'ipsec.encapsulation', cost: 'reconnect', of: ({ encapsulation }) => encapsulation },
  { key: 'local.subnets', cost: 'segments', of: ({ local }) => [local.selectors, local.dynamic] },
  { key: 'remote.subnets', cost: 'segments', of: ({ remote }) => [remote.selectors, remote.dynamic] },
  { key: 'ike.proposals', cost: 'ike', of: ({ ikeProposals }) => ikeProposals },
  { key: 'ike.lifetime', cost: 'ike', of: ({ ikeLifetime }) => ikeLifetime },
  { key: 'ike.rekey', cost: 'ike', of: ({ ikeRekey }) => ikeRekey },
  { key: 'ipsec.proposals', cost: 'child', of: ({ childProposals }) => childProposals },
  { key: 'ipsec.lifetime', cost: 'child', of: ({ childLifetime }) => childLifetime },
  { key: 'ipsec.rekey', cost: 'child', of: ({ childRekey }) => childRekey },
  { key: 'ipsec.rekeyBytes', cost: 'child', of: ({ childUsage }) => childUsage?.softBytes },
  { key: 'ipsec.rekeyPackets', cost: 'child', of: ({ childUsage }) => childUsage?.softPackets },
  { key: 'ipsec.rekeyBytesSpread', cost: 'child', of: ({ childUsage }) => childUsage?.spreadBytes },
  { key: 'ipsec.rekeyPacketsSpread', cost: 'child', of: ({ childUsage }) => childUsage?.spreadPackets },
  { key: 'ipsec.lifetimeBytes', cost: 'child', of: ({ childUsage }) => childUsage?.bytes },
  { key: 'ipsec.lifetimePackets', cost: 'child', of: ({ childUsage }) => childUsage?.packets },
  { key: 'ipsec.ifId', cost: 'child', of: ({ attributes }) => attributes?.ifId },
  { key: 'ipsec.mark', cost: 'child', of: ({ attributes }) => attributes?.mark },
  { key: 'ipsec.markInSa', cost: 'child', of: ({ attributes }) => attributes?.markInSa },
  { key: 'ipsec.setMark', cost: 'child', of: ({ attributes }) => attributes?.setMark },
  { key: 'ipsec.reqid', cost: 'child', of: ({ attributes }) => attributes?.reqid },
  { key: 'ipsec.priority', cost: 'child', of: ({ attributes }) => attributes?.priority },
  { key: 'ipsec.policies', cost: 'child', of: ({ attributes }) => attributes?.policies },
  { key: 'ipsec.forwardOut', cost: 'child', of: ({ attributes }) => attributes?.forwardOut },
  { key: 'ipsec.replayWindow', cost: 'child', of: ({ attributes }) => attributes?.replayWindow },
  { key: 'ipsec.copyDf', cost: 'child', of: ({ attributes }) => attributes?.headers?.df },
  { key: 'ipsec.copyEcn', cost: 'child', of: ({ attributes }) => attributes?.headers?.ecn },
  { key: 'ipsec.copyDscp', cost: 'child', of: ({ attributes }) => attributes?.headers?.dscp },
  { key: 'ipsec.inactivity', cost: 'child', of: ({ inactivity }) => inactivity },
  { key: 'routes', cost: 'child', of: ({ routes }) => routes },
  { key: 'ike.reauthenticate', cost: 'in-place', of: ({ reauthenticate }) => reauthenticate },
  { key: 'ike.unique', cost: 'in-place', of: ({ unique }) => unique },
  { key: 'ike.childless', cost: 'in-place', of: ({ childless }) => childless },
  { key: 'start', cost: 'in-place', of: ({ start }) => start },
  { key: 'closeAction', cost: 'in-place', of: ({ closeAction }) => closeAction },
  { key: 'dpd', cost: 'in-place', of: ({ dpd }) => dpd },
  { key: 'retry', cost: 'in-place', of: ({ retry }) => retry },
  { key: 'blockClearText', cost: 'in-place', of: ({ blockClearText }) => blockClearText },
];

/** The core ends the peers whose key is another one now, and no other. */
function keysOf({ keys, common }: Many): readonly unknown[] {
  return [common && toHex(common.expose()), keys.map(({ identity: id, psk }) => [id, toHex(psk.expose())])];
}

/** What the comparison of whole policies does not see, as it looks into no secret. */
const KEY_PARTS = PARTS.filter(({ key }) => ['psk', 'keys', 'ppk'].includes(key));

/** What no row knows begins anew. */
const UNKNOWN_PART: Part = { key: 'more', cost: 'reconnect', of: () => undefined };

function compare(earlier: Tunnel, tunnel: Tunnel): TunnelChange {
  const parts = differingParts(earlier.policy, tunnel.policy);
  const costs = new Set(parts.map((part) => costOf(part, tunnel)));
  const [was, is] = costs.has('segments') ? [pairsOf(earlier), pairsOf(tunnel)] : [NO_PAIRS, NO_PAIRS];
  const isEnabled = earlier.enabled !== tunnel.enabled;
  return {
    ...nothing(tunnel.name),
    ...(earlier.name === tunnel.name ? {} : { was: earlier.name }),
    change: parts.length > 0 || isEnabled ? 'changed' : 'unchanged',
    keys: [...(isEnabled ? ['enabled'] : []), ...parts.map(({ key }) => key)],
    reconnect: isEnabled || costs.has('reconnect'),
    renew: (['ike', 'child'] as const).filter((kind) => costs.has(kind)),
    addedPairs: [...is].filter(([key]) => !was.has(key)).map(([, pair]) => pair),
    droppedPairs: [...was].filter(([key]) => !is.has(key)).map(([, pair]) => pair),
  };
}

const NO_PAIRS: ReadonlyMap<string, SegmentPair> = new Map();

/** Keys that are loaded by themselves count from the next time that somebody proves to have them, as with charon. */
function costOf({ key, cost }: Part, { loaded }: Tunnel): Cost {
  return loaded !== undefined && (key === 'psk' || key === 'ppk') ? 'in-place' : cost;
}

function differingParts(a: TunnelPolicy, b: TunnelPolicy): readonly Part[] {
  // Of thousands of tunnels nearly all are as they were, which takes one look to see.
  const isSame = sameData(withoutNames(a), withoutNames(b));
  if (isSame && KEY_PARTS.every((part) => isSamePart(part, a, b))) return [];
  const parts = PARTS.filter((part) => !isSamePart(part, a, b));
  return parts.length === 0 && !isSame ? [UNKNOWN_PART] : parts;
}

/** All keys are our own operator's, and nobody else can ask for this comparison: ordinary comparison will do. */
function isSamePart({ of }: Part, a: TunnelPolicy, b: TunnelPolicy): boolean {
  return sameData(of(a), of(b));
}

function pairsOf({ policy: { local, remote } }: Tunnel): ReadonlyMap<string, SegmentPair> {
  const pair = (ours: TrafficSelector, theirs: TrafficSelector): [string, SegmentPair] => [
    `${selectorKey(ours)} ${selectorKey(theirs)}`,
    { local: formatSelector(ours), remote: formatSelector(theirs) },
  ];
  return new Map(selectorPairs(local.selectors, remote.selectors).map((one) => pair(one.local, one.remote)));
}

function nothing(tunnel: string): TunnelChange {
  return {
    tunnel,
    change: 'unchanged',
    keys: [],
    reconnect: false,
    renew: [],
    addedPairs: [],
    droppedPairs: [],
  };
}

/** Equal for tunnels that differ in names at most. Holds the keys: for comparisons only. */
function fingerprint({ enabled, policy }: Tunnel): string {
  return canonical([enabled, withoutNames(policy), ...PARTS.map(({ of }) => of(policy))]);
}

function withoutNames(policy: TunnelPolicy): TunnelPolicy {
  return { ...policy, name: '', gateway: '', peer: '' };
}

/** A policy is built with its keys always in the same order. Its secrets turn into a constant word. */
function canonical(value: unknown): string {
  return JSON.stringify(value ?? null, (_, inner: unknown) => (inner instanceof Uint8Array ? toHex(inner) : inner));
}
