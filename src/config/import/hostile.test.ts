import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfiguration } from '../load.ts';
import type { Problem } from '../problem.ts';
import { memoryHost } from '../testing/memory-host.ts';

const IPSEC_CONF = `conn %default
  authby=secret
conn idc
  auto=start
  keyexchange=ikev2
  ike=aes256-sha256-modp2048!
  left=192.0.2.1
  leftid="@me"
  leftsubnet=10.0.0.0/16,10.3.0.0/16
  right=203.0.113.7
  rightsubnet=10.1.0.0/16
  also=more
conn more
  lifetime=1h
include x.conf
`;
const SECRETS = ': PSK "topsecretkey"\n@me 203.0.113.7 : PSK 0x746f70736563726574\ninclude y.secrets\n';
const SWANCTL = `connections { idc : base { version = 2
  local_addrs = 192.0.2.1
  remote_addrs = 203.0.113.7
  children { net { local_ts = 10.0.0.0/16
    remote_ts = 10.1.0.0/16 } } } }
base { local { auth = psk } remote { auth = psk
  id = "@x" } }
include x.conf
secrets { ike { secret = "topsecretkey" } }
`;

/** A text with a few places torn out, doubled, or replaced by what is syntax somewhere. */
function damaged(text: string): fc.Arbitrary<string> {
  const edit = fc.record({
    at: fc.nat(text.length),
    remove: fc.nat(12),
    insert: fc.oneof(
      fc.constantFrom(
        '"',
        '{',
        '}',
        '=',
        '#',
        '\n',
        ' ',
        '\t',
        '\\',
        '%',
        ',',
        ':',
        '!',
        '//',
        '__proto__',
        'also=idc\n',
        '\0',
        'include idc.conf\n',
      ),
      fc.string({ maxLength: 6 }),
      // Not the key itself, which anybody who writes it elsewhere tells by himself.
      fc.nat(text.length).map((from) => text.replaceAll(/topsecretkey|746f7[0-9a-f]*/g, '').slice(from, from + 40)),
    ),
  });
  return fc
    .array(edit, { minLength: 1, maxLength: 6 })
    .map((edits) =>
      edits.reduce((result, { at, remove, insert }) => result.slice(0, at) + insert + result.slice(at + remove), text),
    );
}

function problemsOf(path: string, files: Readonly<Record<string, string>>): readonly Problem[] {
  const result = loadConfiguration(path, memoryHost(files));
  return 'errors' in result ? result.errors : result.warnings;
}

/** Nothing is thrown; whatever is wrong has its place in a file that was read, and quotes no key. */
function checkPlaces(problems: readonly Problem[], files: Readonly<Record<string, string>>): void {
  for (const { file, line, column, message } of problems) {
    const text = files[file];
    expect(text).toBeDefined();
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual((text ?? '').split('\n').length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(message).not.toMatch(/topsecret|746f70/);
  }
}

describe('a file of another daemon that is damaged', () => {
  it('ipsec.conf and ipsec.secrets throw nothing, and tell every problem at its place without the key', () => {
    fc.assert(
      fc.property(
        damaged(IPSEC_CONF),
        fc.oneof(fc.constant(SECRETS), damaged(SECRETS)),
        fc.string(),
        (conf, secrets, more) => {
          const files = {
            '/etc/ipsec.conf': conf,
            '/etc/ipsec.secrets': secrets,
            '/etc/x.conf': more,
            '/etc/y.secrets': more,
          };
          checkPlaces(problemsOf('/etc/ipsec.conf', files), files);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('swanctl.conf throws nothing, and tells every problem at its place without the key', () => {
    fc.assert(
      fc.property(damaged(SWANCTL), fc.string(), (text, more) => {
        const files = { '/etc/swanctl.conf': text, '/etc/x.conf': more };
        checkPlaces(problemsOf('/etc/swanctl.conf', files), files);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['a text of quotes', '"'.repeat(1 << 20)],
    ['an open quote over all of it', `x = "${'y'.repeat(4 << 20)}`],
    ['blanks', ' '.repeat(4 << 20)],
    ['sections without end', 'x {'.repeat(1 << 20)],
    ['sections that end', '}'.repeat(1 << 20)],
    ['hashes', '#'.repeat(4 << 20)],
    ['words', `conn a\n  b=${'c '.repeat(1 << 20)}`],
    ['commas', `connections { a { proposals = ${','.repeat(1 << 20)}\n } }`],
    [
      'conns that refer in a circle',
      Array.from({ length: 2000 }, (_, i) => `conn c${i}\n  also=c${(i + 1) % 2000}\n  auto=add\n`).join(''),
    ],
    [
      'sections that refer in a circle',
      `connections {\n${Array.from({ length: 500 }, (_, i) => `c${i} : connections.c${(i + 1) % 500} { }\n`).join('')}}`,
    ],
  ])(
    '%s take no long time',
    (_, text) => {
      for (const path of ['/etc/ipsec.conf', '/etc/swanctl.conf']) {
        const problems = problemsOf(path, { [path]: text, '/etc/ipsec.secrets': SECRETS });
        expect(problems.some(({ severity }) => severity === 'error')).toBe(true);
      }
    },
    20_000,
  );
});
