import { describe, expect, it } from 'vitest';
import { cutEntries } from './entry-texts.ts';

const BLOCKS = `# All of it
version: 1
gateways:   # ours
  gw: {address: 192.0.2.1}

tunnels:
  # The first one
  a:
    gateway: gw

    remarks: |
      tunnels:
# as it is
  # The second one
  "b-2":
    gateway: gw
profile: modern
`;

const JSON_LINES = `{
  "version": 1,
  "peers": {
    "a": {
      "address": "192.0.2.1"
    },
    "b": {
      "address": "192.0.2.2"
    }
  },
  "tunnels": {}
}
`;

function cut(text: string) {
  const found = cutEntries(text);
  if (found === undefined) throw new Error('it is not cut');
  const { entries, sections, rest, restLines, alone } = found;
  return {
    entries: entries.map(({ section, name, line, column }) => `${section}.${name} ${line}:${column}`),
    texts: entries.map((entry) => alone(entry.text)),
    sections: sections.map(({ name, line }) => `${name} ${line}`),
    rest,
    restLines,
  };
}

describe('a configuration is cut into its entries', () => {
  it('where it is written in blocks', () => {
    expect(cut(BLOCKS)).toEqual({
      entries: ['gateways.gw 4:3', 'tunnels.a 8:3', 'tunnels.b-2 15:3'],
      texts: [
        '  gw: {address: 192.0.2.1}\n\n',
        '  a:\n    gateway: gw\n\n    remarks: |\n      tunnels:\n# as it is\n  # The second one\n',
        '  "b-2":\n    gateway: gw\n',
      ],
      sections: ['gateways 3', 'tunnels 6'],
      rest: '# All of it\nversion: 1\ngateways:   # ours\ntunnels:\n  # The first one\nprofile: modern',
      restLines: [1, 2, 3, 6, 7, 17],
    });
  });

  it('where it is JSON with a line for each value', () => {
    expect(cut(JSON_LINES)).toEqual({
      entries: ['peers.a 4:5', 'peers.b 7:5'],
      texts: [
        '{   "a": {\n      "address": "192.0.2.1"\n    },\n}',
        '{   "b": {\n      "address": "192.0.2.2"\n    }\n}',
      ],
      sections: ['peers 3'],
      rest: '{\n  "version": 1,\n  "peers": {\n  },\n  "tunnels": {}\n}',
      restLines: [1, 2, 3, 10, 11, 12],
    });
  });

  it.each([
    ['an anchor', 'tunnels:\n  a: &a {gateway: gw}\n'],
    ['a tab', 'tunnels:\n  a:\tx\n'],
    ['carriage returns', 'tunnels:\r\n  a: x\r\n'],
    ['another document', 'tunnels:\n  a: x\n---\n'],
    ['a list in the place of entries', 'tunnels:\n- a\n'],
    ['entries of several depths', 'tunnels:\n  a: x\n b: y\n'],
    ['a name that is none', 'tunnels:\n  a b: x\n'],
    ['an entry that has no comma before the next one', JSON_LINES.replace('},\n    "b"', '}\n    "b"')],
    ['a value that does not end', `${JSON_LINES.slice(0, JSON_LINES.indexOf('  }'))}  }\n} }`],
  ])('but not where it has %s', (_, text) => {
    expect(cutEntries(text)).toBeUndefined();
  });

  it('which names with an ampersand do not hinder', () => {
    expect(cut('tunnels:\n  a: {remarks: R & D, psk: x&y}\n').entries).toEqual(['tunnels.a 2:3']);
  });
});
