import type { GatewayEvent } from '../ike/common/event.ts';
import type { ChildSaView, IkeSaView } from '../ike/common/view.ts';
import type { PolicySpec, SaKey, SaSpec } from '../sa/data-plane.ts';
import { saKey } from '../sa/ledger.ts';
import { selectorPairs } from '../sa/selector-pairs.ts';
import { sameSelectors, selectorKey } from '../sa/traffic-selector.ts';
import type { SimGateway, Step } from './gateway.ts';
import { endpointsOf } from './kernel-tables.ts';
import { sameProtection } from './traffic.ts';
import type { SimWorld, StepCheck } from './world.ts';

/** RFC 8019 §4 asks for a bound; these are the figures of docs/simulation.md. */
const MAX_HALF_OPEN = 1_000;
/** Inputs that wait for one IKE SA's kernel or job are bounded, and so are the requests of one IKE SA: one at a time. */
const MAX_PENDING_PER_SA = 1;
/** Requests whose answer nobody waits for, such as the removal of what a failed exchange had installed. */
const MAX_CLEAN_UPS = 2_000;
/** By an IKE SA: retransmission, liveness, lifetimes and the like. */
const MAX_TIMERS_PER_SA = 12;
/** Quick Modes of an IKE SA of IKEv1 at once, each with one request and one timer; those that are over count as well. */
const MAX_QUICK_MODES = 512;

/** What must hold of one gateway after each of its steps. Make one for each world: the checks remember. */
export function stepChecks(): StepCheck[] {
  const gone = new WeakMap<object, Set<number>>();
  return [(gateway, step) => silentAfterEnd(goneOf(gone, gateway), step), timersInOrder, withoutBugs];
}

/** What must hold of one gateway while nothing is in flight: its kernel holds just what its views say. */
export function kernelMatchesViews(gateway: SimGateway): string[] {
  const children = gateway.machine.children();
  const installed = children.filter(({ state }) => state !== 'installing');
  const owned = new Set(children.flatMap((child) => [saKey(child.inbound), saKey(child.outbound)]));
  return [
    ...gateway.kernel
      .sas()
      .filter(({ spec }) => !owned.has(saKey(spec)))
      .map(({ spec }) => `the kernel has SA ${saKey(spec)}, which no view owns`),
    ...ownerless(gateway, new Set(children.map(({ id }) => id))),
    ...installed.flatMap((child) => missing(gateway, child)),
    ...children.filter(({ state, sends }) => state === 'installed' && !sends).map(({ id }) => `${id} cannot send`),
    ...gateway.machine.views().flatMap((view) => misplaced(gateway, view)),
  ];
}

/** What must hold of two connected gateways: each outbound SA has its inbound counterpart, for the same selectors. */
export function bothSidesAgree(a: SimGateway, b: SimGateway): string[] {
  return [...oneWay(a, b), ...oneWay(b, a)];
}

/** Throws with seed and trace unless the whole world is in order; to be called when it is idle. */
export function expectInOrder(world: SimWorld): void {
  for (const gateway of world.gateways) {
    const [violation] = kernelMatchesViews(gateway);
    if (violation !== undefined) world.fail(`${gateway.name}: ${violation}`);
  }
}

/** Throws unless the two are connected by exactly one Child SA (or `count`) on which both agree. */
export function expectAgreement(world: SimWorld, a: SimGateway, b: SimGateway, count = 1): void {
  expectInOrder(world);
  const [violation] = bothSidesAgree(a, b);
  if (violation !== undefined) world.fail(violation);
  for (const gateway of [a, b]) {
    const children = installedChildren(gateway);
    if (children.length !== count) world.fail(`${gateway.name} has ${children.length} Child SAs, not ${count}`);
  }
}

/** Throws unless the two are at rest: see `restlessness`. */
export function expectRest(world: SimWorld, a: SimGateway, b: SimGateway, count = 1): void {
  const [violation] = restlessness(a, b, count);
  if (violation !== undefined) world.fail(violation);
}

/**
 * Why two ends are not at rest. At rest they are connected by one IKE SA and `count` Child SAs on which both agree, with
 * nothing else about them, and in each kernel there is one outbound and one inbound SA for each.
 */
export function restlessness(a: SimGateway, b: SimGateway, count = 1): string[] {
  const [ours, theirs] = [a, b].map(({ machine }) =>
    machine
      .views()
      .map(({ initiatorSpi }) => initiatorSpi)
      .join(),
  );
  return [
    ...[a, b].flatMap((gateway) => kernelMatchesViews(gateway).map((violation) => `${gateway.name}: ${violation}`)),
    ...bothSidesAgree(a, b),
    ...[a, b].flatMap((gateway) => unfinished(gateway, count)),
    ...(ours === theirs ? [] : ['the two use different IKE SAs']),
  ];
}

function unfinished({ name, machine, kernel }: SimGateway, count: number): string[] {
  const ikeStates = machine.views().map(({ state }) => state);
  const states = machine.children().map(({ state }) => state);
  const sas = (wanted: string) => kernel.sas().filter(({ spec }) => spec.direction === wanted).length;
  return [
    ...(ikeStates.join() === 'established' ? [] : [`${name} has IKE SAs that are ${ikeStates.join() || 'gone'}`]),
    ...(states.length === count && states.every((state) => state === 'installed')
      ? []
      : [`${name} has Child SAs that are ${states.join() || 'gone'}`]),
    ...(['in', 'out'] as const)
      .filter((direction) => sas(direction) !== count)
      .map((direction) => `${name} has ${sas(direction)} SAs ${direction} in its kernel, not ${count}`),
    ...(kernel.tables.larval.size === 0 ? [] : [`${name} keeps an SPI that it does not use`]),
  ];
}

/** Throws unless nothing of a tunnel is left in the kernel: no SA, no protecting policy, no route. */
export function expectNothingInstalled(world: SimWorld, gateway: SimGateway): void {
  const { kernel } = gateway;
  const protecting = kernel.policies().filter(({ policy }) => policy.action === 'protect').length;
  const left = kernel.sas().length + protecting + kernel.routeOwners().length;
  if (left > 0)
    world.fail(`${gateway.name} still has ${kernel.sas().length} SAs, ${protecting} policies or routes in the kernel`);
}

export function installedChildren(gateway: SimGateway): ChildSaView[] {
  return gateway.machine.children().filter(({ state }) => state === 'installed');
}

export function establishedIkeSas(gateway: SimGateway): IkeSaView[] {
  return gateway.machine.views().filter(({ state }) => state === 'established');
}

function goneOf(all: WeakMap<object, Set<number>>, gateway: SimGateway): Set<number> {
  // By machine, not by gateway: after a restart the numbers begin anew.
  const known = all.get(gateway.machine) ?? new Set();
  all.set(gateway.machine, known);
  return known;
}

/** No event and no timer of an IKE SA after the event that ended it. */
function silentAfterEnd(gone: Set<number>, step: Step): string[] {
  const violations: string[] = [];
  for (const effect of step.effects) {
    const ikeSa = effect.kind === 'timer.set' ? describeTimer(effect.key).owner : undefined;
    if (ikeSa !== undefined && gone.has(ikeSa)) violations.push(`a timer was set for IKE SA ${ikeSa}, which is gone`);
    if (effect.kind === 'emit') violations.push(...eventAfterEnd(gone, effect.event));
  }
  return violations;
}

function eventAfterEnd(gone: Set<number>, event: GatewayEvent): string[] {
  if (!('ikeSa' in event)) return [];
  const late = gone.has(event.ikeSa) && !event.type.startsWith('child.');
  if (event.type === 'ike.closed' || event.type === 'ike.failed') gone.add(event.ikeSa);
  return late ? [`${event.type} of IKE SA ${event.ikeSa}, which is gone`] : [];
}

/** What the core has caught at one of its boundaries, where it costs an IKE SA or a tunnel. */
function withoutBugs(_: SimGateway, { effects }: Step): string[] {
  const violations: string[] = [];
  for (const effect of effects) {
    if (effect.kind !== 'emit') continue;
    const { event } = effect;
    const code = 'reason' in event ? event.reason?.code : event.type === 'datagram.dropped' ? event.why : undefined;
    if (code === 'internal-error') violations.push(`a bug: ${JSON.stringify(event)}`);
  }
  return violations;
}

/** Every timer has an owner, and there are no more of them, nor of all else, than there may be. */
function timersInOrder(gateway: SimGateway): string[] {
  const { views, children } = gateway.shown;
  const violations: string[] = [];
  const counts = { child: 0, tunnel: 0, 'quick-mode': 0, other: 0 };
  for (const key of gateway.timers.keys()) {
    const { kind, owner, child } = describeTimer(key);
    counts[kind]++;
    if (kind === 'child' && !children.some(({ id }) => id === child))
      violations.push(`timer ${key} is set, but its Child SA is gone`);
    if (owner !== undefined && !views.some(({ id }) => id === owner))
      violations.push(`timer ${key} is set, but its IKE SA is gone`);
  }
  violations.push(...boundedState(gateway, counts));
  return violations;
}

function boundedState(
  { pending, shown: { views, children } }: SimGateway,
  timers: Readonly<Record<TimerKind, number>>,
): string[] {
  const halfOpen = countOf(views, ({ state, role }) => state === 'connecting' && role === 'responder');
  const quickModes = MAX_QUICK_MODES * countOf(views, ({ version }) => version === 1);
  const requests = MAX_PENDING_PER_SA * views.length + quickModes + MAX_CLEAN_UPS;
  return [
    ...beyond('half-open IKE SAs', halfOpen, MAX_HALF_OPEN),
    ...beyond('requests under way', pending, requests),
    ...beyond('timers', timers.other, MAX_TIMERS_PER_SA * (views.length + 4)),
    ...beyond('timers of Quick Modes', timers['quick-mode'], quickModes),
    ...beyond('timers of Child SAs', timers.child, children.length),
  ];
}

const NOTHING: readonly string[] = [];

function beyond(what: string, count: number, limit: number): readonly string[] {
  return count > limit ? [`${count} ${what}, more than ${limit}`] : NOTHING;
}

function countOf<T>(all: readonly T[], isMeant: (one: T) => boolean): number {
  let count = 0;
  for (const one of all) if (isMeant(one)) count++;
  return count;
}

/** Those of a tunnel as a whole are few, by their names. */
type TimerKind = 'child' | 'tunnel' | 'quick-mode' | 'other';

type TimerOwner = {
  readonly kind: TimerKind;
  /** The IKE SA that it is of. */
  readonly owner: number | undefined;
  /** The Child SA, whose name is its tunnel's and a number. */
  readonly child: string | undefined;
};

/** Every timer that is set is looked at after every step, and the same ones come again and again. */
const DESCRIBED = new Map<string, TimerOwner>();
const MAX_DESCRIBED = 10_000;

function describeTimer(key: string): TimerOwner {
  const known = DESCRIBED.get(key);
  if (known !== undefined) return known;
  if (DESCRIBED.size >= MAX_DESCRIBED) DESCRIBED.clear();
  const described = readTimer(key);
  DESCRIBED.set(key, described);
  return described;
}

function readTimer(key: string): TimerOwner {
  const [, child] = /^sas:.+:(?:rekey|switch|drain)-(.+)$/.exec(key) ?? [];
  if (child !== undefined) return { kind: 'child', owner: undefined, child };
  if (key.startsWith('sas:')) return { kind: 'tunnel', owner: undefined, child: undefined };
  const [, ikeSa] = /^ike:(\d+):/.exec(key) ?? [];
  const owner = ikeSa === undefined ? undefined : Number(ikeSa);
  return { kind: key.includes(':quick-mode-') ? 'quick-mode' : 'other', owner, child: undefined };
}

/** Policies and routes belong to a Child SA; only a standing block belongs to the tunnel itself. */
function ownerless(gateway: SimGateway, children: ReadonlySet<string>): string[] {
  const policies = gateway.kernel
    .policies()
    .flatMap(({ policy, owners }) =>
      owners
        .filter((owner) => !children.has(owner) && !ownsByItself(owner, policy))
        .map((owner) => `a ${policy.action} policy ${policy.direction} is held by ${owner}, which no view has`),
    );
  const routes = gateway.kernel
    .routeOwners()
    .filter((owner) => !children.has(owner) && !owner.startsWith('trap:'))
    .map((owner) => `a route is held by ${owner}, which no view has`);
  return [...policies, ...routes];
}

/** A tunnel's standing block, and the trap for its next packet. */
function ownsByItself(owner: string, { action, direction }: PolicySpec): boolean {
  if (action === 'block') return owner.startsWith('tunnel:');
  return action === 'trap' && direction === 'out' && owner.startsWith('trap:');
}

function missing(gateway: SimGateway, child: ChildSaView): string[] {
  const unwanted = child.sends ? undefined : gateway.kernel.tables.find(child.outbound);
  if (unwanted !== undefined)
    return [`Child SA ${child.id} does not send, but ${saKey(child.outbound)} is in the kernel`];
  const sas = [child.inbound, ...(child.sends ? [child.outbound] : [])].flatMap((key) => {
    const found = gateway.kernel.tables.find(key);
    if (found === undefined) return [`Child SA ${child.id} lacks ${saKey(key)} in the kernel`];
    return suiteOf(found.spec, child) ? [] : [`SA ${saKey(key)} has other algorithms than Child SA ${child.id} says`];
  });
  const present = new Set(
    gateway.kernel
      .policies()
      .filter(({ policy }) => policy.action === 'protect')
      .map(({ policy }) => `${policy.direction} ${selectorKey(policy.source)} ${selectorKey(policy.destination)}`),
  );
  const absent = neededPolicies(child).filter((text) => !present.has(text));
  return [...sas, ...absent.map((text) => `Child SA ${child.id} lacks the policy ${text}`)];
}

/**
 * The outer addresses, and the ports of ESP in UDP, are those of the IKE SA, also after the peer has moved. In IKEv1 that
 * is the IKE SA which the tunnel uses, whichever has made the Child SA.
 */
function misplaced(gateway: SimGateway, view: IkeSaView): string[] {
  return childrenOf(gateway, view).flatMap((child) =>
    [child.inbound, child.outbound].flatMap((key) => {
      const spec = gateway.kernel.tables.find(key)?.spec;
      if (spec === undefined) return [];
      const [from, to] = spec.direction === 'in' ? [view.remote, view.local] : [view.local, view.remote];
      const actual = endpointsOf(spec);
      const portsFit = spec.encap === undefined || (actual.from.port === from.port && actual.to.port === to.port);
      const fits = actual.from.address === from.address && actual.to.address === to.address && portsFit;
      return fits ? [] : [`SA ${saKey(key)} leads elsewhere than its IKE SA`];
    }),
  );
}

function childrenOf(gateway: SimGateway, view: IkeSaView): ChildSaView[] {
  const children = gateway.machine.children();
  if (view.version === 2) return children.filter(({ ikeSa }) => ikeSa === view.id);
  return view.state === 'established' ? children.filter(({ tunnel }) => tunnel === view.tunnel) : [];
}

function suiteOf(spec: SaSpec, child: ChildSaView): boolean {
  return (
    spec.encryption === child.suite.encryption &&
    spec.mode === child.mode &&
    spec.integrity === child.suite.integrity &&
    (spec.encap !== undefined) === child.encap
  );
}

function neededPolicies(child: ChildSaView): string[] {
  const forwards = child.mode === 'tunnel';
  return selectorPairs(child.localSelectors, child.remoteSelectors).flatMap(({ local, remote }) => [
    `out ${selectorKey(local)} ${selectorKey(remote)}`,
    `in ${selectorKey(remote)} ${selectorKey(local)}`,
    ...(forwards ? [`fwd ${selectorKey(remote)} ${selectorKey(local)}`] : []),
  ]);
}

function oneWay(from: SimGateway, to: SimGateway): string[] {
  return installedChildren(from).flatMap((child) => {
    const sent = from.kernel.tables.find(child.outbound)?.spec;
    const mirror = installedChildren(to).find(({ inbound }) => sameSpi(inbound, child.outbound));
    const received = mirror === undefined ? undefined : to.kernel.tables.find(mirror.inbound)?.spec;
    const name = `${from.name}'s Child SA ${child.id}`;
    if (sent === undefined || mirror === undefined || received === undefined)
      return [`${to.name} has no counterpart of ${name}`];
    if (!sameProtection(sent, received)) return [`${to.name} has other keys or algorithms than ${name}`];
    if (!sameSpi(mirror.outbound, child.inbound)) return [`${to.name} sends with another SPI than ${name} receives`];
    return sameSelectors(child.localSelectors, mirror.remoteSelectors) &&
      sameSelectors(child.remoteSelectors, mirror.localSelectors)
      ? []
      : [`${to.name} has other selectors than ${name}`];
  });
}

function sameSpi(a: SaKey, b: SaKey): boolean {
  return a.spi === b.spi && a.protocol === b.protocol;
}
