import { describe, expect, it } from 'vitest';
import { formatSelector } from '../../sa/traffic-selector.ts';
import { loadConfiguration } from '../load.ts';
import { memoryHost } from '../testing/memory-host.ts';

const FILE = '/etc/swanctl/swanctl.conf';
const ALL_BITS = 0xffff_ffff;

const conf = (child: string, connection = '', more = '') => `connections { idc {
  version = 2
  local_addrs = 192.0.2.1
  remote_addrs = 203.0.113.7
  proposals = aes256-sha256-modp2048
  dpd_delay = 8s
  local { auth = psk }
  remote { auth = psk }
  ${connection}
  children { net {
    local_ts = 10.0.0.0/16
    remote_ts = 10.1.0.0/16
    esp_proposals = aes256-sha256-modp2048
    start_action = start
    life_time = 24h
    ${child}
  } ${more} }
} }
secrets { ike-1 { secret = abcdefghijklmnopqrstuvwxyz } }
`;

function load(text: string) {
  return loadConfiguration(FILE, memoryHost({ [FILE]: text }));
}

function configurationOf(text: string) {
  const result = load(text);
  if ('errors' in result) throw new Error(result.errors.map(({ message }) => message).join('\n'));
  return result.configuration;
}

const problemsOf = (text: string) => {
  const result = load(text);
  return ('errors' in result ? result.errors : result.warnings).map(
    ({ line, severity, message }) => `${line} ${severity} ${message}`,
  );
};

describe('what a child of swanctl.conf says of its SAs and policies', () => {
  const both = <Value>(value: Value) => ({ in: value, out: value });

  // biome-ignore format: one child, one row
  it.each([
    ['if_id_in = 5\nif_id_out = 6', '', { ifId: { in: 5, out: 6 } }],
    ['if_id_out = 6', 'if_id_in = 1\nif_id_out = 2', { ifId: { in: 1, out: 6 } }],
    ['if_id_in = %unique-dir\nif_id_out = %unique', '', { ifId: { in: 'unique-dir', out: 'unique' } }],
    ['if_id_in = 0', 'if_id_out = 0', undefined],
    ['mark_in = 0x2a/0xff\nmark_out = %unique/0xffff', '', { mark: { in: { value: 42, mask: 255 }, out: { value: 'unique', mask: 65535 } } }],
    ['mark_in = 7\nmark_in_sa = yes', '', { mark: { in: { value: 7, mask: ALL_BITS } }, markInSa: true }],
    ['mark_in_sa = yes', '', undefined],
    ['mark_in = 0/0x00000000\nmark_out = 0', '', undefined],
    ['mark_out = 7\nset_mark_out = %same\nset_mark_in = 3/0xf', '', { mark: { out: { value: 7, mask: ALL_BITS } }, setMark: { in: { value: 3, mask: 15 }, out: { value: 7, mask: ALL_BITS } } }],
    ['reqid = 9\npriority = 4', '', { reqid: 9, priority: 4 }],
    ['reqid = 0\npriority = 0', '', undefined],
    ['policies = no', '', { policies: false }],
    ['policies_fwd_out = yes', '', { forwardOut: true }],
    ['policies = yes\npolicies_fwd_out = no', '', undefined],
    ['replay_window = 0', '', { replayWindow: 0 }],
    ['copy_df = no\ncopy_ecn = no\ncopy_dscp = yes', '', { headers: { df: false, ecn: false, dscp: 'both' } }],
    ['copy_dscp = no', '', { headers: { dscp: 'none' } }],
    ['copy_df = yes\ncopy_ecn = yes\ncopy_dscp = out', '', undefined],
    ['if_id_in = 3\nif_id_out = 3\nlocal_ts = 0.0.0.0/0\nremote_ts = 0.0.0.0/0', '', { ifId: both(3) }],
  ])('%s (%s)', (child, connection, attributes) => {
    const [tunnel] = configurationOf(conf(child, connection)).tunnels;
    expect(tunnel?.policy.attributes).toEqual(attributes);
  });

  it.each([
    ['mark_in_sa = perhaps', '16 error is one of yes and no'],
    ['set_mark_out = %same', '16 error %same is the mark that mark_out sets; write a number'],
    ['if_id_in = many', '16 error tunnels.idc.ipsec.ifId.in: "many" is not one of unique, unique-dir, a number'],
    ['policies = perhaps', '16 error is one of yes and no'],
    ['replay_window = 5000', '16 error tunnels.idc.ipsec.replayWindow: "5000" is not a whole number from 0 to 4096'],
  ])('%s', (child, problem) => {
    expect(problemsOf(conf(child))).toContain(problem);
  });
});

describe('inactivity of a child', () => {
  it.each([
    ['trap', '90', 90_000],
    ['none', '5m', 300_000],
    ['trap', '0s', undefined],
  ])('with start_action = %s: %s', (start, time, expected) => {
    const text = conf(`inactivity = ${time}`).replace('start_action = start', `start_action = ${start}`);
    expect(configurationOf(text).tunnels[0]?.policy.inactivity).toBe(expected);
  });

  it('is left out where the tunnel is up all the time, and that is told', () => {
    expect(configurationOf(conf('inactivity = 5m')).tunnels[0]?.policy).not.toHaveProperty('inactivity');
    expect(problemsOf(conf('inactivity = 5m'))).toContain(
      '16 warning inactivity is ignored: a tunnel with start_action = start is up all the time, used or not; write trap',
    );
  });
});

describe('shunts of swanctl.conf', () => {
  const shunt = (mode: string, more = '') =>
    `lan { mode = ${mode}\nlocal_ts = 10.0.0.0/16\nremote_ts = 10.0.0.0/8\nstart_action = trap\n${more} }`;

  it.each([
    ['pass', 'bypass', 'first'],
    ['drop', 'block', 'last'],
  ])('%s is %s and comes %s, and the tunnels beside it stay', (mode, action, precedence) => {
    const { shunts, tunnels } = configurationOf(conf('', '', shunt(mode, 'priority = 3\nmark_out = 4')));
    expect(tunnels.map(({ name }) => name)).toEqual(['idc']);
    const [lan] = shunts;
    expect(lan).toMatchObject({ name: 'lan', policy: { action, precedence } });
    expect(lan?.policy.localSelectors.map(formatSelector)).toEqual(['10.0.0.0/16']);
    expect(lan?.policy.remoteSelectors.map(formatSelector)).toEqual(['10.0.0.0/8']);
    expect(lan?.policy.attributes).toEqual({ priority: 3, mark: { out: { value: 4, mask: ALL_BITS } } });
  });

  it('a connection of shunts alone needs neither a peer nor a key', () => {
    const { shunts, tunnels } = configurationOf(`connections { shunts { children { ${shunt('pass')} } } }`);
    expect([shunts.length, tunnels.length]).toEqual([1, 0]);
  });

  it('one that nothing puts in force is left out, and that is told', () => {
    const text = conf('', '', shunt('pass').replace('trap', 'none'));
    expect(configurationOf(text).shunts).toEqual([]);
    expect(problemsOf(text)).toContain(
      '17 warning is left out: only with start_action = trap is a shunt in force without a command',
    );
  });

  it('needs segments of its own', () => {
    const text = conf('', '', shunt('drop').replace('remote_ts = 10.0.0.0/8\n', ''));
    expect(problemsOf(text)).toContain('17 error remote_ts of a shunt must be written, as in 10.0.0.0/16');
  });
});
