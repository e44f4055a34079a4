import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIFFIE_HELLMAN, ENCRYPTION, INTEGRITY, KEY_EXCHANGE } from '../../crypto/algorithms.ts';
import { isAead, parseProposal } from '../../sa/proposal.ts';
import type { Gateway, Tunnel } from '../configuration.ts';
import { loadConfiguration } from '../load.ts';
import { formatProblem } from '../problem.ts';
import { loadText, tunnelText } from '../testing/load-text.ts';
import { memoryHost } from '../testing/memory-host.ts';
import { EXPORT_FORMATS, renderView } from './formats.ts';
import type { TunnelView } from './tunnel-view.ts';
import { otherEnd, ownView } from './tunnel-view.ts';

type Language = 'ipsec.conf' | 'swanctl';

/** The device's file, loaded as its own configuration, and that written down again. */
function there(view: TunnelView, language: Language): { text: string; again: string; back: TunnelView } {
  const text = textOf(view, language);
  const secrets = language === 'ipsec.conf' ? textOf(view, 'ipsec.secrets') : '';
  const path = language === 'ipsec.conf' ? '/etc/ipsec.conf' : '/etc/swanctl/swanctl.conf';
  const result = loadConfiguration(path, memoryHost({ [path]: text, '/etc/ipsec.secrets': secrets }));
  if ('errors' in result) throw new Error(`${result.errors.map(formatProblem).join('\n')}\n${text}`);
  const [tunnel, ...more] = result.configuration.tunnels;
  if (tunnel === undefined || more.length > 0) throw new Error(`${more.length + 1} tunnels of one\n${text}`);
  const back = viewOf(tunnel, result.configuration.gateways);
  return { text, again: textOf(back, language), back };
}

function textOf(view: TunnelView, name: string): string {
  const format = EXPORT_FORMATS.find((row) => row.name === name);
  if (format === undefined) throw new Error(name);
  return renderView(view, format, true).text;
}

function viewOf(tunnel: Tunnel, gateways: readonly Gateway[]): TunnelView {
  return ownView(
    tunnel,
    gateways.find((gateway) => gateway.name === tunnel.policy.gateway),
  );
}

function tunnelOf(more: string): TunnelView {
  const { tunnels, gateways } = loadText(tunnelText(more));
  const [tunnel] = tunnels;
  if (tunnel === undefined) throw new Error('no tunnel');
  return viewOf(tunnel, gateways);
}

/** All that can be said of stage 1: a cipher, a hash and a group. */
const IKE = ENCRYPTION.flatMap(({ keyword: cipher }) =>
  INTEGRITY.flatMap(({ keyword: hash }) =>
    KEY_EXCHANGE.map(({ keyword: group }) => `${cipher}-${isAead(cipher) ? 'prf' : ''}${hash}-${group}`),
  ),
);

const PFS = ['', ...KEY_EXCHANGE.map(({ keyword }) => `-${keyword}`)];

/** All that can be said of stage 2, and by which protocol. */
const CHILD = PFS.flatMap((pfs) => [
  ...INTEGRITY.map(({ keyword }) => ({ protocol: 'ah' as const, proposal: `${keyword}${pfs}` })),
  ...ENCRYPTION.flatMap(({ keyword: cipher }) =>
    (isAead(cipher) ? [''] : INTEGRITY.map(({ keyword }) => `-${keyword}`)).map((hash) => ({
      protocol: 'esp' as const,
      proposal: `${cipher}${hash}${pfs}`,
    })),
  ),
]);

type Child = (typeof CHILD)[number];

function proposals(ike = '', { protocol, proposal }: Child = { protocol: 'esp', proposal: '' }) {
  const [stage1, stage2] = [parseProposal(ike, 'ike'), parseProposal(proposal, protocol)];
  if ('error' in stage1 || 'error' in stage2) throw new Error(`${ike} ${proposal}`);
  return { ikeProposals: [stage1], childProposals: [stage2], protocol };
}

describe.each<Language>(['ipsec.conf', 'swanctl'])('%s: exported, imported and exported again', (language) => {
  it('is the same text for every combination of the algorithms of IKEv2', () => {
    const second = tunnelOf('');
    const count = Math.max(IKE.length, CHILD.length);
    for (let index = 0; index < count; index++) {
      const child = CHILD[index % CHILD.length];
      const view = { ...second, ...proposals(IKE[index % IKE.length], child) };
      const { text, again } = there(otherEnd(view), language);
      expect(again).toBe(text);
    }
  });

  it('is the same text for every combination of the algorithms of IKEv1, in both modes', () => {
    const first = tunnelOf('ike: {version: 1}');
    const groups = new Set<string>(DIFFIE_HELLMAN.map(({ keyword }) => keyword));
    const ike = IKE.filter((text) => !text.includes('prf') && groups.has(text.split('-').at(-1) ?? ''));
    const child = CHILD.filter(({ proposal }) => !/mlkem|chacha/.test(proposal));
    for (let index = 0; index < Math.max(ike.length, child.length); index++) {
      const mode = index % 2 === 0 ? ('main' as const) : ('aggressive' as const);
      const view = { ...first, mode, ...proposals(ike[index % ike.length], child[index % child.length]) };
      const { text, again } = there(otherEnd(view), language);
      expect(again).toBe(text);
    }
  });

  it('is the same text in transport mode', () => {
    const transport = tunnelOf(
      "local: {subnets: ['192.0.2.1[gre]']}\nremote: {subnets: [203.0.113.7]}\nipsec: {mode: transport}",
    );
    const { text, again, back } = there(otherEnd(transport), language);
    expect(again).toBe(text);
    expect(back).toMatchObject({ childMode: 'transport', mobike: false });
  });

  it('has a name that the other program takes', () => {
    const view = { ...otherEnd(tunnelOf('')), name: 'a.b-c_d' };
    expect(there(view, language).back.name).toBe(language === 'swanctl' ? 'a_b-c_d' : 'a.b-c_d');
  });

  it('comes back to the text of the first end from the second, whatever else the tunnel says', () => {
    fc.assert(
      fc.property(anyTunnel, (more) => {
        const first = tunnelOf(more);
        const second = there(otherEnd(first), language);
        expect(second.again).toBe(second.text);
        const third = there(otherEnd(second.back), language);
        expect(third.again).toBe(third.text);
        // Once the reader of our own configuration has made `initiate` of what only answered, nothing changes any more.
        const fourth = there(otherEnd(third.back), language);
        expect(fourth.text).toBe(second.text);
      }),
      { numRuns: 150 },
    );
  });
});

const key = fc.uint8Array({ minLength: 1, maxLength: 128 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`);
const printableKey = fc
  .stringMatching(/^[a-zA-Z0-9!#$%&()*+,./:;<=>@^_`{|}~\\-]{1,64}$/)
  // These begin hexadecimal digits and base64.
  .filter((text) => !/^0[xs]/.test(text))
  .map((text) => JSON.stringify(text));
const id = fc.oneof(
  fc.constantFrom(
    '192.0.2.77',
    '2001:db8::7',
    'vpn.example.com',
    'user@example.com',
    'keyid:#00ff10',
    'keyid:some=thing',
  ),
  fc.stringMatching(/^[\x21-\x7e]{1,30}$/).map((text) => `fqdn:${text}`),
);
const seconds = (min: number, max: number) => fc.integer({ min, max });
const subnets = (base: string) =>
  fc
    .uniqueArray(fc.integer({ min: 0, max: 15 }), { minLength: 1, maxLength: 4 })
    .map((numbers) =>
      numbers.map((number) => `'${base}.${number * 16}.0/20${services[number % services.length]}'`).join(', '),
    );

/** Of a protocol that the other end has as well. */
const services = ['', '[tcp/80]', '[tcp/22]', '[tcp]'];

const anyTunnel = fc
  .record({
    version: fc.constantFrom('1', '2'),
    mode: fc.constantFrom('main', 'aggressive'),
    localId: id,
    remoteId: id,
    local: subnets('10.1'),
    remote: subnets('10.2'),
    psk: fc.oneof(key, printableKey),
    start: fc.constantFrom('initiate', 'respond', 'on-traffic'),
    ikeLifetime: seconds(3600, 86_400),
    lifetime: seconds(3600, 86_400),
    delay: seconds(1, 3600),
    wait: seconds(0, 1000),
    action: fc.constantFrom('hold', 'clear', 'restart'),
    flags: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
  })
  .map((tunnel) => {
    const second = tunnel.version === '2';
    const [mobike, reauthenticate, inUdp] = tunnel.flags;
    return [
      `local: {id: ${JSON.stringify(tunnel.localId)}, subnets: [${tunnel.local}]}`,
      `remote: {id: ${JSON.stringify(tunnel.remoteId)}, subnets: [${tunnel.remote}]}`,
      `psk: ${tunnel.psk}`,
      `start: ${tunnel.start}`,
      `ike: {version: ${tunnel.version}, ${second ? `mobike: ${mobike}, reauthenticate: ${reauthenticate}` : `mode: ${tunnel.mode}`}, lifetime: ${tunnel.ikeLifetime}s}`,
      `ipsec: {lifetime: ${tunnel.lifetime}s${inUdp ? ', encapsulation: udp' : ''}}`,
      `dpd: {delay: ${tunnel.delay}s, timeout: ${tunnel.delay + tunnel.wait}s, action: ${tunnel.action}}`,
    ].join('\n');
  });
