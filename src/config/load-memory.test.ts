import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { Secret } from '../base/secret.ts';
import type { ConfigurationHost } from './host.ts';
import { type LoadMemory, type LoadResult, loadConfiguration } from './load.ts';
import { formatProblem } from './problem.ts';
import { BAD, edited as badText, GOOD } from './testing/bad-configurations.ts';
import { memoryHost } from './testing/memory-host.ts';

const PATH = '/etc/cygnet.yaml';

/** All of it as plain data: keys in clear, and the places of what is asked for. */
function plain(value: unknown): unknown {
  if (value instanceof Secret) return toHex(value.expose());
  if (typeof value === 'function') return WAYS.map((way) => value(way));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

const WAYS = ['psk', 'peer', 'address', 'ike.version', 'remote.subnets', 'remote.subnets.1', 'dpd', 'dpd.delay', 'vpc'];

/** What can be told from a load, whatever it has left for the next one. */
function told(result: LoadResult): unknown {
  return plain('errors' in result ? result : { ...result, memory: undefined });
}

/** One line of it has a tab where it makes no difference, so that it is not cut into entries. */
function uncut(text: string): string {
  return text.startsWith('{') ? text.replace('{', '{\t') : text.replace('#', '#\t');
}

function load(text: string, machine: Machine, memory?: LoadMemory): LoadResult {
  return loadConfiguration(PATH, machine.host({ [PATH]: text }), { memory });
}

type Machine = { host(files: Readonly<Record<string, string>>): ConfigurationHost };

/** Mostly one of what is good. */
function mostly<Value>(good: readonly Value[], bad: readonly Value[]): fc.Arbitrary<Value> {
  return fc.oneof(
    { arbitrary: fc.constantFrom(...good), weight: 40 },
    { arbitrary: fc.constantFrom(...bad), weight: 1 },
  );
}

const KEYS = ['first-key-of-some-length', 'another-key-of-some-length'];

const anyMachine = fc
  .record({ key: mostly(KEYS, ['']), variable: mostly(KEYS, ['']), isOpen: mostly([false], [true]) })
  .map(({ key, variable, isOpen }): Machine => {
    const files = key === '' ? {} : { '/etc/a.psk': key, '/bin/tell': key };
    return {
      host: (more) => ({
        ...memoryHost({ ...files, ...more }, variable === '' ? {} : { KEY: variable }),
        permissions: () => (isOpen ? 0o644 : 0o600),
      }),
    };
  });

const HEALTHY: Machine = {
  host: (more) => memoryHost({ '/etc/a.psk': KEYS[0] ?? '', '/bin/tell': '', ...more }, { KEY: KEYS[0] ?? '' }),
};

const anyTunnel = fc.record({
  gateway: mostly(['gw', 'nat'], ['none']),
  peer: mostly(['a', 'b', 'any'], ['p2']),
  local: mostly<object>(
    [{ subnets: ['10.0.0.0/16'] }, { subnets: ['10.0.0.0/16', '10.0.1.0/24'] }, { subnets: ['dynamic'] }],
    [{ subnets: ['11.0.0.0/16'] }, { subnets: [] }],
  ),
  remote: fc.nat(1000).map((number) => ({ id: 'any', subnets: [`10.${1 + (number >> 8)}.${number & 255}.0/24`] })),
  psk: mostly<unknown>(
    ['short', 'quite-a-long-key-in-clear-text', { file: 'a.psk' }, { env: 'KEY' }],
    [{ file: 'none' }],
  ),
  ike: mostly<object>([{ version: '2' }, { version: '1' }, { dhGroup: '14' }], [{ lifetime: '2d' }, { cipher: 'x' }]),
  dpd: mostly<object>([{ delay: '8s' }, { delay: '20s', timeout: '60s' }], [{ delay: '9s', timeout: '1s' }]),
  remarks: fc.constantFrom(
    '',
    'for Anna',
    'a: b',
    'x # y',
    '{',
    '"',
    'R & D',
    '*',
    'one\ntwo\n\n  three',
    '- a',
    'tunnels:',
  ),
  updown: fc.constantFrom<string[]>(['/bin/tell', 'it'], ['/bin/none']),
});

const names = fc.uniqueArray(fc.constantFrom('t1', 't2', 't-3', 'T4.x', '5', 'a', 'version'), {
  minLength: 1,
  maxLength: 5,
});

const anyConfiguration = fc.record({
  dataplane: mostly(['auto'], ['userspace']),
  profile: fc.option(fc.constant('modern'), { nil: undefined }),
  vpc: fc.option(fc.constant(['10.0.0.0/8']), { nil: undefined }),
  address: fc.constantFrom('203.0.113.7', '203.0.113.8', 'vpn.example.com'),
  names,
  tunnels: fc.array(anyTunnel, { minLength: 5, maxLength: 5 }),
});

type AnyConfiguration = typeof anyConfiguration extends fc.Arbitrary<infer Value> ? Value : never;

function written({ dataplane, profile, vpc, address, names, tunnels }: AnyConfiguration): object {
  return {
    version: '1',
    dataplane,
    ...(profile === undefined ? {} : { profile }),
    gateways: { gw: { address: '192.0.2.1', ...(vpc === undefined ? {} : { vpc }) }, nat: { address: '192.0.2.2' } },
    peers: { a: { address }, b: { address: '203.0.113.9' }, any: { address: '0.0.0.0' } },
    tunnels: Object.fromEntries(names.map((name, index) => [name, tunnels[index]])),
  };
}

/** As a person writes it: blocks down to a depth, and what is below on one line. */
function blocks(value: object, depth: number, indent = ''): string {
  return Object.entries(value)
    .map(([key, inner]) => {
      if (typeof inner === 'string' && inner.includes('\n'))
        return `${indent}${key}: |\n${inner.replaceAll(/^/gm, `${indent}    `)}\n`;
      if (typeof inner === 'object' && !Array.isArray(inner) && depth > 0)
        return `${indent}${key}:\n${blocks(inner, depth - 1, `${indent}  `)}`;
      return `${indent}${key}: ${JSON.stringify(inner)}   # ${key}\n`;
    })
    .join('');
}

type Form = 'blocks' | 'shallow blocks' | 'JSON';

function textOf(configuration: AnyConfiguration, form: Form): string {
  const value = written(configuration);
  if (form === 'JSON') return `${JSON.stringify(value, null, 2)}\n`;
  return `# A configuration\n${blocks(value, form === 'blocks' ? 3 : 2)}`;
}

/** What people do to a text by mistake, or on purpose. */
const anyEdit = fc.record({
  line: fc.nat(),
  kind: fc.constantFrom('delete', 'repeat', 'indent', 'outdent', 'swap', 'insert', 'blank', 'cut', 'clip'),
  text: fc.constantFrom(
    '',
    '# note',
    '  # note',
    '}',
    '  },',
    '"',
    '  t9:',
    '  "t9": {',
    'tunnels:',
    'peers: {}',
    '---',
    '    |',
    '   - x',
    '  t1: {}',
    "'",
    '      remarks: &a x',
    '  t8: *a',
    '{',
  ),
});

type Edit = typeof anyEdit extends fc.Arbitrary<infer Value> ? Value : never;

/** The first line stays. */
function edited(text: string, { line, kind, text: more }: Edit): string {
  const lines = text.split('\n');
  const at = 1 + (line % (lines.length - 1));
  const found = lines[at] ?? '';
  const other = lines[at + 1] ?? '';
  const EDITS: Readonly<Record<Edit['kind'], readonly [count: number, ...by: string[]]>> = {
    delete: [1],
    repeat: [1, found, found],
    indent: [1, ` ${found}`],
    outdent: [1, found.slice(1)],
    swap: [2, other, found],
    insert: [0, more],
    blank: [0, ''],
    cut: [1, found.slice(0, found.length >> 1)],
    clip: [1, found.slice(0, -1)],
  };
  const [count, ...by] = EDITS[kind];
  return lines.toSpliced(at, count, ...by).join('\n');
}

/** What concerns tunnels that stay as they are. */
const anyReplacement = fc.constantFrom<readonly [string, string]>(
  ['203.0.113.7', '203.0.113.17'],
  ['192.0.2.1', '192.0.2.11'],
  ['"auto"', '"kernel"'],
  ['"auto"', '"userspace"'],
  ['modern', 'modren'],
  ['"gw"', '"nat"'],
);

const anyStep = fc.record({
  configuration: fc.option(anyConfiguration, { nil: undefined, freq: 3 }),
  edits: fc.oneof(fc.constant<Edit[]>([]), fc.array(anyEdit, { minLength: 1, maxLength: 2 })),
  replacements: fc.array(anyReplacement, { maxLength: 1 }),
  machine: anyMachine,
});

const RUNS = 100;

describe('a configuration that is read again, with what is left of the last time', () => {
  it('is what it is when it is read for the first time, and as a whole', () => {
    const forms = fc.constantFrom<Form>('blocks', 'shallow blocks', 'JSON');
    fc.assert(
      fc.property(forms, anyConfiguration, fc.array(anyStep, { minLength: 1, maxLength: 5 }), (form, first, steps) => {
        let last = textOf(first, form);
        const beginning = load(last, HEALTHY);
        let memory = 'errors' in beginning ? undefined : beginning.memory;
        for (const { configuration, edits, replacements, machine } of steps) {
          const start = configuration === undefined ? last : textOf(configuration, form);
          const replaced = replacements.reduce((text, [from, to]) => text.replace(from, to), start);
          const text = edits.reduce(edited, replaced);
          const again = load(text, machine, memory);
          expect(told(again)).toEqual(told(load(uncut(text), machine)));
          expect(told(load(text, machine))).toEqual(told(again));
          if ('errors' in again) continue;
          memory = again.memory;
          last = text;
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('is refused for what is wrong with it, as a whole one is', () => {
    const { memory } = read(GOOD, 'a-key');
    for (const [replace, by] of BAD) {
      const text = badText(replace, by);
      expect(told(load(text, HEALTHY, memory))).toEqual(told(load(uncut(text), HEALTHY)));
    }
  });

  const TEXT = [
    '# One',
    'version: 1',
    'gateways: {gw: {address: 192.0.2.1}}',
    'peers: {x: {address: 203.0.113.7}}',
    'tunnels:',
    '  a: {gateway: gw, peer: x, local: {subnets: [10.0.0.0/16]}, remote: {subnets: [10.1.0.0/16]}, psk: {file: a.psk}}',
    '  b: {gateway: gw, peer: x, local: {subnets: [10.0.0.0/16]}, remote: {subnets: [10.2.0.0/16]}, psk: abcdefgh}',
    '',
  ].join('\n');

  function read(text: string, key: string, memory?: LoadMemory) {
    const result = loadConfiguration(PATH, memoryHost({ [PATH]: text, '/etc/a.psk': key }), { memory });
    if ('errors' in result) throw new Error(result.errors.map(formatProblem).join());
    return result;
  }

  function readTwice(edit: (text: string) => string, key = 'a-key') {
    const first = read(TEXT, 'a-key');
    return [first, read(edit(TEXT), key, first.memory)].map(({ configuration }) => configuration.tunnels);
  }

  it.each<[string, (text: string) => string, string, readonly string[]]>([
    ['nothing is different', (text) => text, 'a-key', ['a', 'b']],
    ['lines have come above', (text) => text.replace('# One', '# One\n# Two'), 'a-key', ['a', 'b']],
    ['one is different', (text) => text.replace('abcdefgh', 'abcdefghi'), 'a-key', ['a']],
    ['a key that is in a file is another one', (text) => text, 'b-key', ['b']],
    ['the gateway is different', (text) => text.replace('192.0.2.1', '192.0.2.2'), 'a-key', []],
    ['the defaults are different', (text) => text.replace('gateways', 'profile: modern\ngateways'), 'a-key', []],
  ])('has the policies that were there of all that is the same where %s', (_, edit, key, names) => {
    const [before = [], after = []] = readTwice(edit, key);
    const kept = after.filter(({ policy }) => before.some((tunnel) => tunnel.policy === policy));
    expect(kept.map(({ name }) => name)).toEqual(names);
  });

  it('has the places that hold now', () => {
    const [before = [], after = []] = readTwice((text) => text.replace('# One', '# One\n# Two'));
    expect(before.map(({ origin }) => origin.line)).toEqual([6, 7]);
    expect(after.map(({ origin }) => origin.line)).toEqual([7, 8]);
    expect(after.map(({ places }) => places('remote.subnets')?.line)).toEqual([7, 8]);
  });

  it('has no tunnel that is a part of a text', () => {
    const tunnel = {
      gateway: 'gw',
      peer: 'x',
      psk: 'a',
      local: { subnets: ['10.0.0.0/16'] },
      remote: { subnets: ['10.1.0.0/16'] },
    };
    const lookalike = JSON.stringify({ tunnels: { t: tunnel } }, null, 1).slice(2, -2);
    const gateways = `{"gw": {"address": "192.0.2.1", "remarks": '\n${lookalike},\n'}}`;
    const { configuration } = read(`{\n "version": 1,\n "gateways": ${gateways},\n "tunnels": {}\n}\n`, '');
    expect([configuration.gateways.length, configuration.tunnels.length]).toEqual([1, 0]);
  });
});
