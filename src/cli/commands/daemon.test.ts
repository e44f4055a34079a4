import { describe, expect, it } from 'vitest';
import type { DaemonOptions } from '../ports.ts';
import { cygnet } from '../testing/cli.ts';

async function daemon(argv: readonly string[], env: Record<string, string> = {}, exit: 0 | 3 = 0) {
  const started: DaemonOptions[] = [];
  const startDaemon = async (options: DaemonOptions) => {
    started.push(options);
    return exit;
  };
  return { ...(await cygnet(['daemon', ...argv], { env, startDaemon })), started };
}

describe('cygnet daemon', () => {
  it('has defaults for everything', async () => {
    expect(await daemon([])).toMatchObject({
      exit: 0,
      started: [
        {
          configPath: '/etc/cygnet/cygnet.yaml',
          controlPath: '/run/cygnet/control.sock',
          controlGroup: undefined,
          readGroup: undefined,
          viciPath: undefined,
          stateDirectory: '/var/lib/cygnet',
          logLevel: 'info',
        },
      ],
    });
  });

  it('takes options before the environment before defaults', async () => {
    const env = { CYGNET_CONTROL: '/env.sock', CYGNET_LOG: 'warn', STATE_DIRECTORY: '/state:/other' };
    expect((await daemon(['--config', 'a.yaml'], env)).started).toMatchObject([
      { configPath: 'a.yaml', controlPath: '/env.sock', stateDirectory: '/state', logLevel: 'warn' },
    ]);
    expect((await daemon(['--control', '/o.sock', '--log-level', 'debug'], env)).started).toMatchObject([
      { controlPath: '/o.sock', logLevel: 'debug' },
    ]);
    expect((await daemon(['--control-group', 'vpn', '--read-group', '99'])).started).toMatchObject([
      { controlGroup: 'vpn', readGroup: '99' },
    ]);
    expect((await daemon(['--vici'])).started).toMatchObject([{ viciPath: '/run/cygnet/vici.sock' }]);
    expect((await daemon(['--vici', '/run/charon.vici'])).started).toMatchObject([{ viciPath: '/run/charon.vici' }]);
    expect((await daemon(['--state', '/s'], env)).started).toMatchObject([{ stateDirectory: '/s' }]);
    expect((await daemon(['--no-state'], env)).started).toMatchObject([{ stateDirectory: undefined }]);
  });

  it('refuses a $CYGNET_LOG that is no level', async () => {
    expect(await daemon([], { CYGNET_LOG: 'verbose' })).toMatchObject({
      exit: 2,
      started: [],
      err: expect.stringContaining('must be one of debug, info, warn, error'),
    });
  });

  it('ends with the exit status of the daemon, and with 1 and the reason where it cannot start', async () => {
    expect((await daemon([], {}, 3)).exit).toBe(3);
    const failing = () => Promise.reject(new Error('UDP port 500 is in use'));
    expect(await cygnet(['daemon'], { startDaemon: failing })).toMatchObject({
      exit: 1,
      err: 'cygnet: UDP port 500 is in use\n',
    });
  });
});
