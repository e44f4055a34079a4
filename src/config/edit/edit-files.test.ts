import { describe, expect, it } from 'vitest';
import type { ConfigurationChange } from './change.ts';
import { editFiles } from './edit-files.ts';

const MAIN = `# The gateways of the north.
version: 1
include: [conf.d/*.yaml]

gateways:
  gw1: {address: 192.0.2.1}   # the old one
  gw2: {address: 192.0.2.2}

peers:
  # Customers
  idc:   {address: 203.0.113.7}

tunnels:
  # Ask Anna before touching this one.
  idc:
    gateway: gw1     # north
    peer: idc
    local:  {subnets: [10.0.0.0/16]}
    remote: {subnets: [10.1.0.0/16]}
    psk: "abc'def"   # rotated in May
    ike: {version: 2, dhGroup: 14}

  # The second one.
  dc2:
    gateway: gw2
    peer: idc
    local:  {subnets: [10.2.0.0/16]}
    remote: {subnets: [10.3.0.0/16]}
    psk: {file: /etc/cygnet/dc2.psk}
`;

const INCLUDED = `tunnels:
  branch:
    gateway: gw1
    peer: idc
    # its own
    local: {subnets: [10.4.0.0/16]}
    remote: {subnets: [10.5.0.0/16]}
    psk: abcdef
`;

const TEXTS = new Map([
  ['/c/cygnet.yaml', MAIN],
  ['/c/conf.d/branch.yaml', INCLUDED],
]);

const edit = (change: ConfigurationChange) => Object.fromEntries(editFiles(TEXTS, change));

/** The lines of the main file that differ, with the sign of which side has them. */
function differences(change: ConfigurationChange): string[] {
  const { '/c/cygnet.yaml': text = '', ...others } = edit(change);
  expect(others).toEqual({});
  const [before, after] = [MAIN.split('\n'), text.split('\n')];
  return [
    ...before.filter((line) => !after.includes(line)).map((line) => `-${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+${line}`),
  ];
}

const tunnel = { change: 'edit', kind: 'tunnel', name: 'idc', unset: [] } as const;

describe('editing the files of a configuration', () => {
  it('changes the lines that it concerns, and no others', () => {
    expect(differences({ ...tunnel, set: { 'ike.dhGroup': 15, remarks: 'for: Anna' } })).toEqual([
      '-    ike: {version: 2, dhGroup: 14}',
      '+    ike: {version: 2, dhGroup: 15}',
      '+    remarks: "for: Anna"',
    ]);
  });

  it('quotes a segment with brackets', () => {
    expect(differences({ ...tunnel, set: { 'local.subnets': '10.0.0.0/16[tcp/80],10.0.0.1-10.0.0.9' } })).toEqual([
      '-    local:  {subnets: [10.0.0.0/16]}',
      '+    local: {subnets: ["10.0.0.0/16[tcp/80]", 10.0.0.1-10.0.0.9]}',
    ]);
  });

  it('keeps the comment behind a value that changes', () => {
    expect(differences({ ...tunnel, set: { gateway: 'gw2', psk: 'ghijkl' } })).toEqual([
      '-    gateway: gw1     # north',
      `-    psk: "abc'def"   # rotated in May`,
      '+    gateway: gw2 # north',
      '+    psk: "ghijkl" # rotated in May',
    ]);
  });

  it('makes what is missing on the way, and makes room for another form of a value', () => {
    const set = {
      'ipsec.pfs': 14,
      'labels.k8s.io/name': 'x',
      'psk.file': 'idc.psk',
      'remote.subnets': '10.1.0.0/16, 10.9.0.0/16',
    };
    expect(differences({ ...tunnel, set }).filter((line) => line.startsWith('+'))).toEqual([
      '+    remote: {subnets: [10.1.0.0/16, 10.9.0.0/16]}',
      '+    psk: {file: idc.psk} # rotated in May',
      '+    ipsec: {pfs: 14}',
      '+    labels: {k8s.io/name: x}',
    ]);
  });

  it('takes keys out, and with the last one what held it', () => {
    expect(differences({ ...tunnel, set: {}, unset: ['ike.dhGroup'] })).toEqual([
      '-    ike: {version: 2, dhGroup: 14}',
      '+    ike: {version: 2}',
    ]);
    expect(differences({ ...tunnel, set: {}, unset: ['ike.dhGroup', 'ike.version'] })).toEqual([
      '-    ike: {version: 2, dhGroup: 14}',
    ]);
    expect(() => edit({ ...tunnel, set: {}, unset: ['dpd.delay'] })).toThrow(
      'tunnels.idc does not say anything about dpd.delay',
    );
  });

  it('changes an object in the file it stands in', () => {
    const files = edit({ ...tunnel, name: 'branch', set: { start: 'respond' } });
    expect(files).toEqual({ '/c/conf.d/branch.yaml': `${INCLUDED}    start: respond\n` });
  });

  it('adds a new one to the main file, readable', () => {
    const set = { address: '192.0.2.3', vpc: '10.0.0.0/8', 'labels.env': 'prod' };
    expect(differences({ change: 'create', kind: 'gateway', name: 'gw3', set })).toEqual([
      '+  gw3:',
      '+    address: 192.0.2.3',
      '+    vpc: [10.0.0.0/8]',
      '+    labels: {env: prod}',
    ]);
    const empty = editFiles(new Map([['/c.yaml', 'version: 1\npeers:\n']]), {
      change: 'create',
      kind: 'peer',
      name: 'a',
      set: { address: '0.0.0.0' },
    });
    expect(empty.get('/c.yaml')).toBe('version: 1\npeers:\n  a:\n    address: 0.0.0.0\n');
  });

  it('renames, with all that refers to it in all files', () => {
    expect(differences({ change: 'rename', kind: 'tunnel', name: 'idc', to: 'north' })).toEqual([
      '-  idc:',
      '+  north:',
    ]);
    const files = edit({ change: 'rename', kind: 'gateway', name: 'gw1', to: 'old' });
    expect(files['/c/cygnet.yaml']).toContain('  old: {address: 192.0.2.1} # the old one');
    expect(files['/c/cygnet.yaml']).toContain('    gateway: old # north');
    expect(files['/c/conf.d/branch.yaml']).toBe(INCLUDED.replace('gw1', 'old'));
    expect(
      edit({ change: 'rename', kind: 'peer', name: 'idc', to: 'x' })['/c/cygnet.yaml']?.match(/peer: x/g),
    ).toHaveLength(2);
  });

  it('deletes several at once, wherever they stand', () => {
    const files = edit({ change: 'delete', kind: 'tunnel', names: ['dc2', 'branch', 'dc2'] });
    expect(files['/c/cygnet.yaml']).not.toContain('dc2');
    expect(files['/c/cygnet.yaml']).toContain('# Ask Anna before touching this one.');
    expect(files['/c/conf.d/branch.yaml']).toBe('tunnels: {}\n');
  });

  it.each<[string, ConfigurationChange, string]>([
    ['unknown', { ...tunnel, name: 'idd', set: {} }, 'there is no tunnel "idd"; did you mean idc?'],
    ['there already', { change: 'create', kind: 'peer', name: 'idc', set: {} }, 'there is a peer "idc" already'],
    [
      'the name of another',
      { change: 'rename', kind: 'tunnel', name: 'idc', to: 'branch' },
      'there is a tunnel "branch" already',
    ],
    ['one unknown of several', { change: 'delete', kind: 'tunnel', names: ['idc', 'dc3'] }, 'did you mean dc2?'],
  ])('refuses what is %s', (_, change, words) => {
    expect(() => edit(change)).toThrow(words);
  });

  it('refuses an alias, and leaves anchors as they are', () => {
    const text = 'gateways:\n  a: &base {address: 192.0.2.1}\n  b: *base\n  c: {address: 192.0.2.3}\n';
    const change = (name: string) =>
      editFiles(new Map([['/c.yaml', text]]), {
        change: 'edit',
        kind: 'gateway',
        name,
        set: { remarks: 'x' },
        unset: [],
      });
    expect(() => change('b')).toThrow('gateway b is an alias in /c.yaml');
    expect(change('c').get('/c.yaml')).toBe(text.replace('192.0.2.3}', '192.0.2.3, remarks: x}'));
  });
});
