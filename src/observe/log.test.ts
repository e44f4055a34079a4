import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Secret } from '../base/secret.ts';
import { Log } from './log.ts';

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'cygnet-log-'));
  try {
    await body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const parse = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the log', () => {
  it('writes one JSON object a line, with the fields of an event, from its level on', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, 'log');
      const log = new Log({ level: 'info', fd: openSync(path, 'w') });
      log.write('debug', 'not seen');
      log.event({
        time: '2026-01-02T03:04:05.678Z',
        level: 'warn',
        event: 'ike.failed',
        text: 'stage 1 failed: no answer',
        tunnel: 'idc',
        ike: 3,
        stage: 1,
        reason: 'no-response',
      });
      log.write('error', 'a bug', { psk: new Secret(new Uint8Array([1, 2])), key: new Uint8Array([3, 4]) });
      await log.close();
      const [first, second, ...rest] = parse(readFileSync(path, 'utf8'));
      expect(first).toEqual({
        level: 'warn',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        event: 'ike.failed',
        tunnel: 'idc',
        ike: 3,
        stage: 1,
        reason: 'no-response',
        msg: 'stage 1 failed: no answer',
      });
      expect(second).toMatchObject({ level: 'error', msg: 'a bug', psk: '[secret]', key: '[2 bytes]' });
      expect(rest).toEqual([]);
    });
  });

  it('never waits for its reader: it drops beyond its backlog, and says how many lines', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, 'pipe');
      execFileSync('mkfifo', [path]);
      const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
      const log = new Log({ level: 'info', fd, maxBacklog: 20_000 });
      for (let i = 0; i < 2_000; i++) log.write('info', `line ${i} ${'x'.repeat(100)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      let text = drain(reader);
      await new Promise((resolve) => setTimeout(resolve, 250));
      text += drain(reader);
      log.write('info', 'after');
      await log.close(300);
      text += drain(reader);
      closeSync(reader);
      const lines = parse(text);
      const told = lines.filter(({ dropped }) => dropped !== undefined);
      const written = lines.filter(({ msg }) => String(msg).startsWith('line '));
      expect(written.length).toBeGreaterThan(0);
      expect(told).toMatchObject([{ level: 'warn', dropped: 2_000 - written.length }]);
      expect(lines.at(-1)).toMatchObject({ msg: 'after' });
    });
  });

  it('does not hang at the end for a reader that is gone', async () => {
    await inDirectory(async (directory) => {
      const path = join(directory, 'pipe');
      execFileSync('mkfifo', [path]);
      const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const log = new Log({ level: 'info', fd: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) });
      closeSync(reader);
      log.write('info', 'to nobody');
      await log.close(300);
    });
  });
});

function drain(fd: number): string {
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.alloc(65_536);
    try {
      const length = readSync(fd, chunk);
      if (length === 0) break;
      chunks.push(chunk.subarray(0, length));
    } catch {
      break;
    }
  }
  return Buffer.concat(chunks).toString();
}
