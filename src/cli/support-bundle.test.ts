import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectedTunnel, FakeGateway, sampleTunnel } from '../control/testing/fake-gateway.ts';
import { withGateway } from './testing/cli.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'cygnet-bundle-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function unzipped(path: string): Map<string, string> {
  const files = unzipSync(new Uint8Array(readFileSync(path)));
  return new Map(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes)]));
}

describe('cygnet support-bundle', () => {
  it('has all that the daemon tells, in a file of its owner alone, and no secret', async () => {
    const gateway = new FakeGateway([connectedTunnel('idc'), sampleTunnel({ name: '../evil' })]);
    gateway.publish({ event: 'ike.established', tunnel: 'idc', text: 'stage 1 is up' });
    await withGateway(gateway, async (cygnet) => {
      const path = join(directory, 'b.zip');
      const { exit, out, err } = await cygnet(['support-bundle', '-o', path]);
      expect({ exit, out }).toEqual({ exit: 0, out: '' });
      expect(err).toContain(`files in ${path}; no secret is among them`);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      const files = unzipped(path);
      expect([...files.keys()].sort()).toEqual([
        'README.txt',
        'events.jsonl',
        'gateways.json',
        'host.json',
        'metrics.txt',
        'peers.json',
        'shunts.json',
        'status.json',
        'tunnels/..%2Fevil/diagnosis.json',
        'tunnels/..%2Fevil/exchanges.json',
        'tunnels/..%2Fevil/show.json',
        'tunnels/idc/diagnosis.json',
        'tunnels/idc/exchanges.json',
        'tunnels/idc/show.json',
        'version.json',
      ]);
      expect(files.get('events.jsonl')).toContain('stage 1 is up');
      const all = [...files.values()].join('\n');
      // What the fake gateway tells to who asks for it.
      for (const secret of ['test.1231', 'quantum.1231']) expect(all).not.toContain(secret);
    });
  });

  it('says what could not be had, and has the rest', async () => {
    const gateway = new FakeGateway([sampleTunnel()]);
    gateway.metrics = () => {
      throw new Error('a bug');
    };
    await withGateway(gateway, async (cygnet) => {
      const path = join(directory, 'b.zip');
      expect((await cygnet(['support-bundle', '-o', path])).exit).toBe(0);
      const files = unzipped(path);
      expect(files.get('errors.txt')).toBe('metrics.txt: the daemon failed on this request; its log tells more\n');
      expect(files.has('tunnels/idc/show.json')).toBe(true);
    });
  });

  it('tells programs what is in it', async () => {
    await withGateway(new FakeGateway([]), async (cygnet) => {
      const path = join(directory, 'b.zip');
      const report = JSON.parse((await cygnet(['support-bundle', '-o', path, '--json'])).out);
      expect(report).toEqual({ bundle: path, files: [...unzipped(path).keys()] });
    });
  });

  it('says where it cannot be written', async () => {
    await withGateway(new FakeGateway([]), async (cygnet) => {
      const { exit, err } = await cygnet(['support-bundle', '-o', '/nowhere/b.zip']);
      expect(exit).toBe(1);
      expect(err).toContain('cannot write /nowhere/b.zip: ENOENT');
    });
  });
});
