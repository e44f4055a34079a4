import { arch, cpus, release, totalmem } from 'node:os';
import type { ControlClient } from '../control/client.ts';

/** Text files by their paths. */
export type Bundle = ReadonlyMap<string, string>;

/**
 * All that the daemon tells without its secrets: what a stranger needs to find out why something does not work. What
 * cannot be had does not keep the rest from coming; it is told in `errors.txt`.
 */
export async function supportBundle(client: ControlClient, now: number): Promise<Bundle> {
  const files = new Map([['README.txt', readme(now)]]);
  const errors: string[] = [];
  const add = async (path: string, content: () => Promise<string>): Promise<void> => {
    try {
      files.set(path, await content());
    } catch (error) {
      errors.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const { tunnels } = await client.call('status', {});
  await add('version.json', async () => json(await client.call('version', {})));
  files.set('status.json', json({ tunnels }));
  await add('gateways.json', async () => json(await client.call('list', { kind: 'gateways' })));
  await add('peers.json', async () => json(await client.call('list', { kind: 'peers' })));
  await add('shunts.json', async () => json(await client.call('list', { kind: 'shunts' })));
  for (const { name: tunnel } of tunnels) {
    const directory = `tunnels/${encodeURIComponent(tunnel)}`;
    await add(`${directory}/show.json`, async () => json(await client.call('show', { tunnel })));
    await add(`${directory}/diagnosis.json`, async () => json(await client.call('diagnose', { tunnel, ask: 'false' })));
    await add(`${directory}/exchanges.json`, async () => json(await client.call('exchanges', { tunnel })));
  }
  await add('metrics.txt', () => client.call('metrics', {}));
  await add('events.jsonl', () => events(client));
  files.set('host.json', json(host()));
  if (errors.length > 0) files.set('errors.txt', `${errors.join('\n')}\n`);
  return files;
}

async function events(client: ControlClient): Promise<string> {
  const lines: string[] = [];
  const signal = new AbortController().signal;
  for await (const event of await client.events({ after: 0, follow: false, signal })) lines.push(JSON.stringify(event));
  return lines.map((line) => `${line}\n`).join('');
}

function host(): object {
  const { version, platform } = process;
  return { kernel: release(), platform, arch: arch(), cpus: cpus().length, memoryBytes: totalmem(), node: version };
}

function readme(now: number): string {
  return [
    `Cygnet support bundle, ${new Date(now).toISOString()}`,
    '',
    'Statuses, configuration, the last events and messages of every tunnel, as the daemon on this machine told them. Names,',
    'addresses and identities are in it; pre-shared keys and keys are not.',
    '',
  ].join('\n');
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
