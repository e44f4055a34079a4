import { describe, expect, it } from 'vitest';
import { formatSelector } from '../sa/traffic-selector.ts';
import { diffConfigurations } from './diff.ts';
import { hooksOf } from './hooks.ts';
import { loadConfiguration } from './load.ts';
import { memoryHost } from './testing/memory-host.ts';

const ALL_BITS = 0xffff_ffff;

describe('what a tunnel says of its SAs and policies', () => {
  // biome-ignore format: one value, one row
  it.each([
    ['ifId: 7', { ifId: { in: 7, out: 7 } }],
    ['ifId: {in: 0x10, out: unique-dir}', { ifId: { in: 16, out: 'unique-dir' } }],
    ['ifId: {out: unique}', { ifId: { out: 'unique' } }],
    ['mark: 42', { mark: { in: { value: 42, mask: ALL_BITS }, out: { value: 42, mask: ALL_BITS } } }],
    ['mark: {out: 0x2a/0xff}', { mark: { out: { value: 42, mask: 255 } } }],
    ['mark: {in: 42}, markInSa: true', { mark: { in: { value: 42, mask: ALL_BITS } }, markInSa: true }],
    ['mark: {in: unique/0xffff}', { mark: { in: { value: 'unique', mask: 0xffff } } }],
    ['setMark: {in: 0/0xf}', { setMark: { in: { value: 0, mask: 15 } } }],
    ['reqid: 12, priority: 4294967295', { reqid: 12, priority: ALL_BITS }],
    ['policies: false', { policies: false }],
    ['policies: true, forwardOut: false', undefined],
    ['forwardOut: true', { forwardOut: true }],
    ['replayWindow: 0', { replayWindow: 0 }],
    ['replayWindow: 4096', { replayWindow: 4096 }],
    ['copyDf: false, copyEcn: false, copyDscp: none', { headers: { df: false, ecn: false, dscp: 'none' } }],
    ['copyDf: true, copyEcn: true, copyDscp: out', undefined],
    ['protocol: esp', undefined],
  ])('%s', (ipsec, attributes) => {
    expect(policyOf(`ipsec: {${ipsec}}`).attributes).toEqual(attributes);
  });

  it('how long nobody may use it', () => {
    for (const start of ['on-traffic', 'respond'])
      expect(policyOf(`start: ${start}\n    ipsec: {inactivity: 5m}`).inactivity).toBe(300_000);
    expect(policyOf('start: respond')).not.toHaveProperty('inactivity');
  });

  it('all of the Internet is a segment, and leads no routes, where an interface or a mark sets it apart', () => {
    for (const ipsec of ['ifId: 7', 'mark: 42', 'policies: false']) {
      const policy = policyOf(`ipsec: {${ipsec}}`, '0.0.0.0/0');
      expect(policy.remote.selectors.map(formatSelector)).toEqual(['0.0.0.0/0']);
      expect(policy.routes).toBe(false);
    }
    expect(policyOf('ipsec: {mark: 42}\n    routes: {table: 220}', '0.0.0.0/0').routes).toEqual({ table: 220 });
  });

  // biome-ignore format: one mistake, one row
  it.each([
    ['ipsec: {ifId: 0}', '12:19 tunnels.a.ipsec.ifId: "0" is not a number from 1 to 0xffffffff'],
    ['ipsec: {ifId: "%unique"}', '12:19 tunnels.a.ipsec.ifId: "%unique" is not one of unique, unique-dir, a number; did you mean unique?'],
    ['ipsec: {ifId: {inn: 7}}', '12:20 tunnels.a.ipsec.ifId.inn: unknown key; did you mean in?'],
    ['ipsec: {mark: 0x2a/0xf}', '12:19 tunnels.a.ipsec.mark: 0x2a/0xf has bits outside of its mask, so that no packet would ever have this mark'],
    ['ipsec: {mark: {out: 1}, markInSa: true}', '12:29 tunnels.a.ipsec.markInSa: is about the inbound mark, and there is none; write ipsec.mark'],
    ['ipsec: {mark: 1/2/3}', '12:19 tunnels.a.ipsec.mark: "1/2/3" is no mark; write it as in 0x2a/0xff'],
    ['ipsec: {mark: {in: 1/0}}', '12:24 tunnels.a.ipsec.mark.in: "0" is not a number from 1 to 0xffffffff'],
    ['ipsec: {reqid: 1124073472}', '12:20 tunnels.a.ipsec.reqid: "1124073472" is not a whole number from 1 to 1124073471'],
    ['ipsec: {replayWindow: 4097}', '12:27 tunnels.a.ipsec.replayWindow: "4097" is not a whole number from 0 to 4096'],
    ['ipsec: {copyDscp: yes}', '12:23 tunnels.a.ipsec.copyDscp: "yes" is not one of out, in, both, none; did you mean both?'],
    ['ipsec: {copyDf: false, mode: transport}', '12:13 tunnels.a.ipsec.copyDf: is about the two headers of tunnel mode, and transport mode has one; remove it'],
    ['ipsec: {replayWindow: 0, proposals: [aes128-sha256-esn]}', '12:27 tunnels.a.ipsec.replayWindow: esn needs a window; write one, or take esn out of ipsec.proposals'],
    ['ipsec: {reqid: 5, ifId: unique}', '12:20 tunnels.a.ipsec.reqid: unique numbers follow from the reqid, which is not unique then; remove one of both'],
    ['ipsec: {inactivity: 5m}', '12:25 tunnels.a.ipsec.inactivity: a tunnel that is to be up all the time does not end for want of traffic; set start to on-traffic or respond'],
    ['start: on-traffic\n    ipsec: {policies: false}', '12:12 tunnels.a.start: on-traffic needs a policy that packets can meet; remove ipsec.policies'],
    ['start: on-traffic\n    ipsec: {mark: unique}', '12:12 tunnels.a.start: on-traffic cannot wait for packets with a number that only a Child SA will have; write one'],
    ['blockClearText: true\n    ipsec: {policies: false}', '12:21 tunnels.a.blockClearText: is done by policies; remove it, or ipsec.policies'],
    ['routes: true\n    ipsec: {ifId: 7}', '12:13 tunnels.a.routes: packets reach the tunnel through the interface of ipsec.ifId; lead them there by yourself'],
  ])('%s', (more, problem) => {
    expect(errorsOf(text(more))).toContain(problem);
  });

  it('userspace cannot do what the kernel alone does, and can do the rest', () => {
    const keys =
      'ifId: 7, mark: 1, markInSa: true, setMark: 1, priority: 5, policies: false, forwardOut: true, copyDf: false, copyEcn: false, copyDscp: none';
    const errors = errorsOf(text(`ipsec: {${keys}}`).replace('version: 1', 'version: 1\ndataplane: userspace'));
    expect(errors).toHaveLength(10);
    expect(errors[0]).toBe('13:13 tunnels.a.ipsec.ifId: is done by the kernel alone; set dataplane to kernel or auto');
    const able = text('ipsec: {replayWindow: 0, reqid: 5}').replace('version: 1', 'version: 1\ndataplane: userspace');
    expect(errorsOf(able)).toEqual([]);
  });

  it('one reqid is not for several Child SAs', () => {
    const one = text('ike: {version: 1}\n    ipsec: {reqid: 5}').replace('[10.2.0.0/16]', '[10.2.0.0/16, 10.3.0.0/16]');
    expect(errorsOf(one)).toContain(
      '13:20 tunnels.a.ipsec.reqid: 2 pairs of segments have a Child SA each, which one number cannot tell apart; remove it',
    );
  });
});

describe('a program that is told of one tunnel', () => {
  it('comes after the hooks of the whole configuration, and is told as updown scripts are', () => {
    const configuration = load(text('updown: [/bin/tell, idc]'));
    expect(hooksOf(configuration)).toEqual([
      {
        tunnel: 'a',
        on: ['reachable', 'withdrawn'],
        timeout: 10_000,
        target: { kind: 'program', argv: ['/bin/tell', 'idc'] },
      },
    ]);
  });

  it('needs an absolute path', () => {
    expect(errorsOf(text('updown: [tell]'))).toEqual([
      '12:14 tunnels.a.updown[0]: "tell" is no absolute path; no shell looks for it, as in [/usr/local/bin/tell, idc]',
    ]);
  });
});

describe('the same pair of segments in two tunnels', () => {
  const twice = (first: string, second: string) => {
    const tunnel = text(`ipsec: {${first}}`);
    const other = tunnel.slice(tunnel.indexOf('  a:')).replace('  a:', '  b:').replace(first, second);
    return errorsOf(tunnel + other);
  };

  // biome-ignore format: one pair, one row
  it.each([
    ['ifId: 7', 'ifId: 8', 0],
    ['mark: 1', 'mark: 2', 0],
    ['mark: 1/0xf', 'mark: 1/0xff', 0],
    ['ifId: unique', 'ifId: unique', 0],
    ['ifId: 7', 'mark: 7', 0],
    ['policies: false', 'policies: false', 0],
    ['ifId: 7', 'ifId: 7', 1],
    ['ifId: {in: 7, out: 7}', 'ifId: {in: 7, out: 8}', 1],
    ['mark: {out: 1}', 'mark: {out: 2}', 1],
    ['reqid: 1', 'reqid: 2', 1],
  ])('%s and %s', (first, second, errors) => {
    expect(twice(first, second)).toHaveLength(errors);
  });
});

describe('a change', () => {
  it('is made by new Child SAs, and named', () => {
    const [before, after] = ['ifId: 7, copyDf: false', 'ifId: 8, replayWindow: 32'].map((ipsec) =>
      load(text(`ipsec: {${ipsec}}`)),
    );
    if (before === undefined || after === undefined) throw new TypeError('two configurations');
    expect(diffConfigurations(before, after)).toMatchObject([
      { keys: ['ipsec.ifId', 'ipsec.replayWindow', 'ipsec.copyDf'], renew: ['child'], reconnect: false },
    ]);
  });
});

describe('shunts', () => {
  const SHUNTS = `version: 1
shunts:
  lan: {action: bypass, local: [10.0.0.0/16], remote: [10.0.0.0/8, "2001:db8::/32"], remarks: office}
  mail:
    action: block
    local: [10.0.9.0/24, "2001:db8:9::/48"]
    remote: ["0.0.0.0/0[tcp/25]"]
    priority: 7
    precedence: last
`;

  it('are read with what sets them apart', () => {
    const good = SHUNTS.replace(', "2001:db8::/32"', '').replace(', "2001:db8:9::/48"', '');
    const [lan, mail] = load(`${good}    mark: {out: 3}\n    forwardOut: true\n`).shunts;
    expect(lan).toMatchObject({ name: 'lan', remarks: 'office', policy: { action: 'bypass' } });
    expect(lan?.policy).not.toHaveProperty('attributes');
    expect([lan?.policy.precedence, mail?.policy.precedence]).toEqual([undefined, 'last']);
    expect(mail?.policy.remoteSelectors.map(formatSelector)).toEqual(['0.0.0.0/0[tcp/25]']);
    expect(mail?.policy.attributes).toEqual({
      priority: 7,
      mark: { out: { value: 3, mask: ALL_BITS } },
      forwardOut: true,
    });
  });

  it('each segment needs a partner', () => {
    expect(errorsOf(SHUNTS)).toEqual([
      '3:68 shunts.lan.remote[1]: 2001:db8::/32 has no partner at the other end: none is of its address family and protocol',
      '6:26 shunts.mail.local[1]: 2001:db8:9::/48 has no partner at the other end: none is of its address family and protocol',
    ]);
  });

  // biome-ignore format: one mistake, one row
  it.each([
    ['{action: pass, local: [10.0.0.0/8], remote: [10.1.0.0/16]}', '3:15 shunts.x.action: "pass" is not one of bypass, block; did you mean bypass?'],
    ['{local: [10.0.0.0/8], remote: [10.1.0.0/16]}', '3:3 shunts.x.action: is required'],
    ['{action: block, local: [10.0.0.0/8]}', '3:3 shunts.x.remote: is required'],
    ['{action: block, local: [10.0.0.0/8], remote: []}', '3:51 shunts.x.remote: is empty; name at least one'],
    ['{action: block, local: [10.0.0.0/8], remote: [10.1.0.0/16], mark: unique}', '3:72 shunts.x.mark: "unique" is not a number from 0 to 0xffffffff'],
    ['{action: block, local: [10.0.0.0/8], remote: [10.1.0.0/16], precedence: frist}', '3:78 shunts.x.precedence: "frist" is not one of first, last'],
    ['{action: block, local: [10.0.0.0/8], remote: [10.1.0.0/16], ifid: 1}', '3:66 shunts.x.ifid: unknown key; did you mean ifId?'],
    ['{action: block, local: [10.0.0.0/8], remote: [10.1.0.0/16]}\n  y: {action: bypass, local: [10.0.0.0/8], remote: [10.1.0.0/16]}', '4:53 shunts.y.remote[0]: 10.0.0.0/8 <-> 10.1.0.0/16 already belongs to shunt x (/etc/cygnet.yaml:3:3)'],
  ])('%s', (shunt, problem) => {
    expect(errorsOf(`version: 1\nshunts:\n  x: ${shunt}\n`)).toEqual([problem]);
  });

  it('userspace blocks, and lets nothing by', () => {
    const both =
      'version: 1\ndataplane: userspace\nshunts:\n  a: {action: block, local: [10.0.0.0/8], remote: [10.1.0.0/16]}\n';
    expect(errorsOf(both)).toEqual([]);
    expect(errorsOf(both.replace('block', 'bypass').replace('6]}', '6], ifId: 1}'))).toEqual([
      '4:15 shunts.a.action: bypass is done by the kernel alone; set dataplane to kernel or auto',
      '4:67 shunts.a.ifId: is done by the kernel alone; set dataplane to kernel or auto',
    ]);
  });
});

function text(more: string, remote = '10.2.0.0/16'): string {
  return `version: 1
gateways:
  gw1: {address: 192.0.2.1}
peers:
  idc: {address: 203.0.113.7}
tunnels:
  a:
    gateway: gw1
    peer: idc
    local: {subnets: [${remote === '0.0.0.0/0' ? remote : '10.1.0.0/16'}]}
    remote: {subnets: [${remote}]}
    ${more}
    psk: 0x6c9f0d8a3b5e47f1a2d4c6b8e0f21357
`;
}

function policyOf(more: string, remote?: string) {
  const [tunnel] = load(text(more, remote)).tunnels;
  if (tunnel === undefined) throw new TypeError('no tunnel');
  return tunnel.policy;
}

function load(yaml: string) {
  const result = loadConfiguration('/etc/cygnet.yaml', memoryHost({ '/etc/cygnet.yaml': yaml }));
  if ('errors' in result) throw new Error(result.errors.map(({ message }) => message).join('\n'));
  return result.configuration;
}

function errorsOf(yaml: string): string[] {
  const result = loadConfiguration('/etc/cygnet.yaml', memoryHost({ '/etc/cygnet.yaml': yaml }));
  const errors = 'errors' in result ? result.errors : [];
  return errors
    .filter(({ severity }) => severity === 'error')
    .map(({ line, column, message }) => `${line}:${column} ${message}`);
}
