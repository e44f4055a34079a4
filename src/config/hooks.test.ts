import { describe, expect, it } from 'vitest';
import { loadConfiguration } from './load.ts';
import { formatProblem } from './problem.ts';
import { loadText, tunnelText } from './testing/load-text.ts';
import { memoryHost } from './testing/memory-host.ts';

const PROGRAM = { '/usr/local/bin/tell': '' };

function hooks(text: string) {
  return loadText(tunnelText('', `hooks: ${text}`), { ...PROGRAM, '/etc/cygnet/hook.key': 'a-secret\n' }).hooks;
}

function warnings(text: string, mode = 0o755): string[] {
  const host = memoryHost({ '/etc/c.yaml': tunnelText('', `hooks: ${text}`), ...PROGRAM });
  const permissions = (path: string) => (host.permissions(path) === 0 ? 0 : mode);
  const loaded = loadConfiguration('/etc/c.yaml', { ...host, permissions });
  const problems = 'errors' in loaded ? loaded.errors : loaded.warnings;
  return problems.map(formatProblem).filter((line) => line.includes(' hooks['));
}

describe('hooks', () => {
  it('are none where none are named', () => {
    expect(loadText(tunnelText()).hooks).toEqual([]);
  });

  it('are told of what is reachable, unless they say of what, and have 10 s', () => {
    expect(hooks('[{run: [/usr/local/bin/tell, idc]}]')).toEqual([
      {
        on: ['reachable', 'withdrawn'],
        timeout: 10_000,
        target: { kind: 'program', argv: ['/usr/local/bin/tell', 'idc'] },
      },
    ]);
  });

  it('may be servers, with a secret from a file', () => {
    const [hook] = hooks(
      '[{on: [failed, failed], url: "https://example.com/t", secret: {file: hook.key}, timeout: 3s}]',
    );
    expect(hook).toMatchObject({ on: ['failed'], timeout: 3_000, target: { url: 'https://example.com/t' } });
    expect(JSON.stringify(hook)).not.toContain('a-secret');
  });

  it.each([
    ['[{run: [/usr/local/bin/tell]}]', 0o755],
    ['[{url: "https://example.com"}]', 0o755],
    ['[{url: "http://127.0.0.1:8080/t"}]', 0o755],
    [
      '[{run: [/usr/local/bin/tell]}]',
      0o644,
      '/etc/c.yaml:2:16 warning hooks[0].run[0]: /usr/local/bin/tell cannot be run; run chmod 755 /usr/local/bin/tell',
    ],
    [
      '[{run: [/usr/local/bin/tell]}]',
      0o777,
      '/etc/c.yaml:2:16 warning hooks[0].run[0]: others may change /usr/local/bin/tell, which runs with our rights; run chmod go-w /usr/local/bin/tell',
    ],
    [
      '[{run: [/absent]}]',
      0o755,
      '/etc/c.yaml:2:16 warning hooks[0].run[0]: /absent cannot be run: there is no such file',
    ],
    ['[{url: "http://example.com"}]', 0o755, '/etc/c.yaml:2:15 warning hooks[0].url: goes in clear text; use https'],
    [
      '[{url: "https://example.com", secret: abc}]',
      0o755,
      '/etc/c.yaml:2:46 warning hooks[0].secret: the secret stands in the configuration; use {file}, {credential} or {env}',
    ],
  ] as const)('%s of mode %o', (text, mode, ...expected) => {
    expect(warnings(text, mode)).toEqual(expected);
  });
});
