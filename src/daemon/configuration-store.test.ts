import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatProblem } from '../config/problem.ts';
import { ConfigurationStore, InvalidConfiguration } from './configuration-store.ts';

const MAIN = `version: 1
include: [conf.d/*.yaml]
gateways:
  gw1: {address: 192.0.2.1}   # the first
  gw2: {address: 192.0.2.2}
peers: {idc: {address: 203.0.113.7}}
tunnels:
  idc:
    gateway: gw1
    peer: idc
    local: {subnets: [10.0.0.0/16]}
    remote: {subnets: [10.1.0.0/16]}
    psk: abcdef
`;

let directory = '';
let store = new ConfigurationStore('');
const path = (name = 'cygnet.yaml') => join(directory, name);
const textOf = (name?: string) => readFileSync(path(name), 'utf8');
const put = (request: Parameters<ConfigurationStore['propose']>[0]) => store.commit(store.propose(request));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cygnet-store-'));
  mkdirSync(path('conf.d'));
  writeFileSync(path(), MAIN, { mode: 0o600 });
  store = new ConfigurationStore(path());
  put({ kind: 'reload' });
});
afterEach(() => rmSync(directory, { recursive: true }));

const edit = { change: 'edit', kind: 'gateway', name: 'gw1', set: { remarks: 'north' }, unset: [] } as const;

describe('the files behind the configuration in force', () => {
  it('are written where a change is committed, and not before', () => {
    const proposal = store.propose({ kind: 'change', change: edit });
    expect(textOf()).toBe(MAIN);
    store.commit(proposal);
    expect(textOf()).toBe(MAIN.replace('192.0.2.1}  ', '192.0.2.1, remarks: north}'));
    expect(proposal.configuration.gateways[0]).toMatchObject({ name: 'gw1', remarks: 'north' });
    put({ kind: 'change', change: { ...edit, set: { remarks: 'south' } } });
    expect(textOf()).toContain('remarks: south} # the first');
  });

  it('are left alone where the result would be invalid, and every problem is told', () => {
    const change = { ...edit, set: { address: 'here', 'lables.a': 'b' } };
    const propose = () => store.propose({ kind: 'change', change });
    expect(propose).toThrow(InvalidConfiguration);
    try {
      propose();
    } catch (error) {
      const problems = error instanceof InvalidConfiguration ? (error.details.problems ?? []) : [];
      expect(problems.map(formatProblem).join('\n')).toMatch(
        /cygnet.yaml:4:\d+ error gateways.gw1.*did you mean labels/s,
      );
    }
    expect(textOf()).toBe(MAIN);
  });

  it.each([
    [
      'has been edited by hand',
      () => writeFileSync(path(), `${MAIN}# more\n`),
      'has changed since the daemon has read it',
    ],
    ['is gone', () => rmSync(path()), 'has changed since the daemon has read it'],
    ['has come by an include', () => writeFileSync(path('conf.d/a.yaml'), 'peers: {}\n'), 'a.yaml is new since'],
  ])('refuse a change of an object where one %s', (_, spoil, words) => {
    spoil();
    expect(() => store.propose({ kind: 'change', change: edit })).toThrow(words);
  });

  it('are read again where they differ only: a tunnel that is as it was has the policy that it had', () => {
    const before = store.propose({ kind: 'reload' }).configuration;
    writeFileSync(path(), MAIN.replace('the first', 'by hand'));
    expect(store.propose({ kind: 'reload' }).configuration.tunnels[0]?.policy).toBe(before.tunnels[0]?.policy);
  });

  it('take what was edited by hand with a reload, and then changes again', () => {
    writeFileSync(path(), MAIN.replace('the first', 'by hand'));
    put({ kind: 'reload' });
    put({ kind: 'change', change: edit });
    expect(textOf()).toContain('# by hand');
  });

  it('refuse a change that somebody overtakes between the proposal and its writing', () => {
    const proposal = store.propose({ kind: 'change', change: edit });
    writeFileSync(path(), `${MAIN}# overtaken\n`);
    expect(() => store.commit(proposal)).toThrow('was changed by somebody else meanwhile');
    expect(textOf()).toBe(`${MAIN}# overtaken\n`);
  });

  it('take another text in the place of the main file', () => {
    const text = MAIN.replace('10.1.0.0', '10.9.0.0');
    const proposal = store.propose({ kind: 'replace', text });
    expect(textOf()).toBe(MAIN);
    store.commit(proposal);
    expect(textOf()).toBe(text);
    expect(() => store.propose({ kind: 'replace', text: 'version: 2\n' })).toThrow(InvalidConfiguration);
    expect(textOf()).toBe(text);
  });

  it('change an object in the file that it stands in', () => {
    writeFileSync(path('conf.d/b.yaml'), '# Branches\npeers:\n  b: {address: 203.0.113.9}\n');
    put({ kind: 'reload' });
    put({ kind: 'change', change: { ...edit, kind: 'peer', name: 'b', set: { 'labels.a': 1 } } });
    expect(textOf('conf.d/b.yaml')).toBe('# Branches\npeers:\n  b: {address: 203.0.113.9, labels: {a: 1}}\n');
    expect(textOf()).toBe(MAIN);
  });

  it('of another daemon are not changed', () => {
    const foreign = path('swanctl.conf');
    const text =
      'connections {\n a {\n version = 2\n local_addrs = 192.0.2.1\n remote_addrs = 203.0.113.7\n local { auth = psk\n }\n remote { auth = psk\n }\n children {\n a {\n local_ts = 10.0.0.0/16\n remote_ts = 10.1.0.0/16\n }\n }\n }\n}\nsecrets {\n ike-a {\n secret = abcdef\n }\n}\n';
    writeFileSync(foreign, text, { mode: 0o600 });
    store = new ConfigurationStore(foreign);
    put({ kind: 'reload' });
    expect(() => store.propose({ kind: 'change', change: edit })).toThrow(
      'is a swanctl.conf, which is changed by hand',
    );
    expect(readFileSync(foreign, 'utf8')).toBe(text);
  });

  it('keep a gateway or peer that has tunnels', () => {
    const remove = (kind: 'gateway' | 'peer', names: string[]) =>
      store.propose({ kind: 'change', change: { change: 'delete', kind, names } });
    expect(() => remove('gateway', ['gw2', 'gw1'])).toThrow(
      'gateway gw1 has tunnels: idc; delete them, or move them, first',
    );
    expect(() => remove('peer', ['idc'])).toThrow('peer idc has tunnels: idc');
    expect(remove('gateway', ['gw2']).configuration.gateways.map(({ name }) => name)).toEqual(['gw1']);
  });
});
