import { addressFamily } from '../../base/net.ts';
import type { TunnelPolicy } from '../../ike/common/policy.ts';
import type { Check } from '../check.ts';
import type { HostFacts } from '../facts.ts';
import type { Finding } from '../finding.ts';
import { byTunnels, interfaceOf, interfaceTo, peerAddress, someAddress } from '../tunnel-segments.ts';
import { daemonCarries } from './carrier.ts';

const STRICT = 1;

/**
 * Strict filtering drops what comes in by another interface than the answer would leave by. Packets out of the tunnel
 * are not looked at, as the kernel skips the filter for what IPsec has protected; the packets that carry them are.
 */
export const checkReversePath: Check = (facts, tunnels) => {
  const split = byTunnels(tunnels, (tunnel) => {
    const inbound = interfaceOf(facts, tunnel.local.address);
    const outbound = interfaceTo(facts, peerAddress(tunnel));
    const differ = inbound !== undefined && outbound !== undefined && inbound !== outbound;
    return differ && effective(facts, inbound, 'rp_filter', Math.max) === STRICT ? [{ inbound, outbound }] : [];
  });
  return split.map(
    ({ part: { inbound, outbound }, tunnels: names }): Finding => ({
      check: 'reverse-path',
      severity: 'error',
      seen: `${nameOf(inbound, 'rp_filter')} is strict (1), and packets to the peer leave by ${outbound}`,
      source: facts.parameters.source,
      why: `the peer's packets, which come in by ${inbound}, are dropped`,
      tunnels: names,
      fix: set(inbound, 'rp_filter', 2),
    }),
  );
};

/** Hosts that follow such a redirect send around the gateway, in clear text. */
export const checkSendRedirects: Check = (facts, tunnels) => {
  const oneArmed = byTunnels(tunnels, (tunnel) => {
    const outbound = interfaceTo(facts, peerAddress(tunnel));
    const shared = outbound !== undefined && localInterfaces(facts, tunnel).includes(outbound);
    return shared && effective(facts, outbound, 'send_redirects', Math.max) === 1 ? [outbound] : [];
  });
  return oneArmed.map(
    ({ part: name, tunnels: names }): Finding => ({
      check: 'send-redirects',
      severity: 'warning',
      seen: `${nameOf(name, 'send_redirects')} is on, and local segments and peer are behind the same interface`,
      source: facts.parameters.source,
      why: 'hosts of the local segments are told to send to the router directly, past the tunnel',
      tunnels: names,
      fix: set(name, 'send_redirects', 0),
    }),
  );
};

/** A stranger on the link could lead packets to the peer elsewhere. */
export const checkAcceptRedirects: Check = (facts, tunnels) => {
  const open = byTunnels(tunnels, (tunnel) => {
    const outbound = interfaceTo(facts, peerAddress(tunnel));
    return outbound !== undefined && acceptsRedirects(facts, outbound) ? [outbound] : [];
  });
  return open.map(
    ({ part: name, tunnels: names }): Finding => ({
      check: 'accept-redirects',
      severity: 'hint',
      seen: `${nameOf(name, 'accept_redirects')} is on`,
      source: facts.parameters.source,
      why: 'any neighbour on the link can send the packets to the peer elsewhere, and the tunnel dies',
      tunnels: names,
      fix: set(name, 'accept_redirects', 0),
    }),
  );
};

/** Of an interface with these switched on, the kernel's IPsec does not happen. */
export const checkXfrmSwitches: Check = (facts, tunnels, dataplane) => {
  if (daemonCarries(facts, dataplane)) return [];
  const off = byTunnels(tunnels, (tunnel) => {
    const outbound = interfaceTo(facts, peerAddress(tunnel));
    const disabled = outbound !== undefined && effective(facts, outbound, 'disable_xfrm', Math.max) === 1;
    return disabled ? [outbound] : [];
  });
  return off.map(
    ({ part: name, tunnels: names }): Finding => ({
      check: 'disable-xfrm',
      severity: 'error',
      seen: `${nameOf(name, 'disable_xfrm')} is on`,
      source: facts.parameters.source,
      why: `packets that leave by ${name} are not encrypted, whatever the policies say`,
      tunnels: names,
      fix: set(name, 'disable_xfrm', 0),
    }),
  );
};

function localInterfaces(facts: HostFacts, { local }: TunnelPolicy): string[] {
  return local.selectors
    .filter(({ start }) => addressFamily(start) === 4)
    .map((selector) => interfaceTo(facts, someAddress(selector)))
    .filter((name) => name !== undefined);
}

/** What the kernel makes of `all` and the interface: mostly the greater one, or that of either. */
function effective(facts: HostFacts, name: string, parameter: string, join: (all: number, one: number) => number) {
  const read = (who: string) => parameterOf(facts, nameOf(who, parameter));
  const [all, one] = [read('all'), read(name)];
  return all === undefined || one === undefined ? undefined : join(all, one);
}

/** A machine that forwards takes them where both say so, another one where either does (ip-sysctl.txt). */
function acceptsRedirects(facts: HostFacts, name: string): boolean {
  const forwards = parameterOf(facts, nameOf(name, 'forwarding')) === 1;
  return effective(facts, name, 'accept_redirects', forwards ? Math.min : Math.max) === 1;
}

function parameterOf({ parameters }: HostFacts, name: string): number | undefined {
  const text = parameters.known ? parameters.value[name] : undefined;
  return text === undefined ? undefined : Number(text);
}

/** As `sysctl` takes it: a dot within the name of an interface is written as a slash. */
function nameOf(name: string, parameter: string): string {
  return `net.ipv4.conf.${name.replaceAll('.', '/')}.${parameter}`;
}

/** `all` has to follow where the greater of the two counts. */
function set(name: string, parameter: string, value: number): string {
  const all = value === 0 ? ` ${nameOf('all', parameter)}=0` : '';
  return `sysctl -w ${nameOf(name, parameter)}=${value}${all}`;
}
