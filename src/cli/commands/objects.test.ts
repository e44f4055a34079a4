import { describe, expect, it } from 'vitest';
import { ControlError } from '../../control/control-error.ts';
import type { TunnelPlan } from '../../control/plan-shapes.ts';
import { FakeGateway } from '../../control/testing/fake-gateway.ts';
import { planText } from '../plan-text.ts';
import { withGateway } from '../testing/cli.ts';

async function asked(argv: readonly string[], input?: string): Promise<unknown> {
  const api = new FakeGateway([]);
  await withGateway(api, async (cygnet) => {
    const { exit, err } = await cygnet(argv, input === undefined ? {} : { input });
    if (exit !== 0) throw new Error(err);
  });
  const [call = ''] = api.calls;
  return call.startsWith('would ') ? { dryRun: JSON.parse(call.slice(6)) } : JSON.parse(call);
}

describe('cygnet create, edit, rename, delete', () => {
  it.each([
    [
      ['create', 'gateway', 'gw', '--set', 'address=192.0.2.1', '--set', 'remarks=a=b'],
      { change: 'create', kind: 'gateway', name: 'gw', set: { address: '192.0.2.1', remarks: 'a=b' } },
    ],
    [
      ['edit', 'tunnels', 't', '--set', 'ike.dhGroup=14', '--unset', 'dpd', '--unset', 'retry'],
      { change: 'edit', kind: 'tunnel', name: 't', set: { 'ike.dhGroup': '14' }, unset: ['dpd', 'retry'] },
    ],
    [['rename', 'peer', 'a', 'b', '--dry-run'], { dryRun: { change: 'rename', kind: 'peer', name: 'a', to: 'b' } }],
    [['delete', 'tunnels', 'a', 'b'], { change: 'delete', kind: 'tunnel', names: ['a', 'b'] }],
  ])('%j', async (argv, change) => {
    expect(await asked(argv)).toEqual(change);
  });

  it('reads a value from stdin, so that a key stays out of the list of processes', async () => {
    expect(await asked(['edit', 'tunnel', 't', '--set', 'psk=-'], 'secret\n')).toMatchObject({
      set: { psk: 'secret' },
    });
  });

  it.each([
    [['create', 'tunel', 't'], 'It must be one of tunnel, gateway, peer.'],
    [['edit', 'tunnel', 't', '--set', 'ike.dhGroup'], 'It must be a key and a value'],
    [['edit', 'tunnel', 't'], 'name what is to change, with --set or --unset'],
    [['delete', 'tunnel'], "missing required argument 'name'"],
    [['rename', 'tunnel', 'a'], "missing required argument 'to'"],
  ])('%j is wrong usage', async (argv, words) => {
    await withGateway(new FakeGateway([]), async (cygnet) => {
      expect(await cygnet(argv)).toMatchObject({ exit: 2, err: expect.stringContaining(words) });
    });
  });

  it('tells problems as JSON where asked', async () => {
    const api = new FakeGateway([]);
    const problems = [{ file: 'c.yaml', line: 3, column: 4, severity: 'error', message: 'no' } as const];
    api.plan = new ControlError('invalid', 'the configuration would be invalid', { problems });
    await withGateway(api, async (cygnet) => {
      const { exit, out } = await cygnet(['edit', 'peer', 'p', '--set', 'a=b', '--json']);
      expect([exit, JSON.parse(out)]).toEqual([3, { problems }]);
    });
  });
});

const nothing: TunnelPlan = {
  tunnel: 't',
  was: null,
  action: 'none',
  keys: [],
  rekey: [],
  addedPairs: [],
  droppedPairs: [],
};

describe('a plan in words', () => {
  it.each<[Partial<TunnelPlan>, string]>([
    [{ action: 'create' }, 't: create'],
    [{ action: 'delete' }, 't: delete, at both ends'],
    [{ action: 'rename', was: 's' }, 't: renamed from s'],
    [{ action: 'reconnect', keys: ['psk', 'ike.version'] }, 't: reconnect (psk, ike.version)'],
    [{ action: 'update', keys: ['dpd'] }, 't: its SAs go on (dpd)'],
    [
      { action: 'update', keys: ['ipsec.proposals', 'ike.lifetime'], rekey: ['ike', 'child'] },
      't: rekey the IKE SA, rekey the Child SAs (ipsec.proposals, ike.lifetime)',
    ],
    [
      {
        action: 'update',
        keys: ['remote.subnets'],
        addedPairs: [{ local: 'a', remote: 'b' }],
        droppedPairs: [{ local: 'a', remote: 'c' }],
      },
      't: add a <-> b, drop a <-> c (remote.subnets)',
    ],
  ])('%j', (plan, line) => {
    const report = {
      tunnels: [
        { ...nothing, ...plan },
        { ...nothing, tunnel: 'u' },
      ],
      shunts: [],
      files: [],
      warnings: [],
    };
    expect(planText(report)).toEqual({ lines: [line], summary: '1 change; 1 tunnel unchanged' });
  });

  it('of shunts', () => {
    const shunts = [{ shunt: 'office', action: 'update' as const }];
    expect(planText({ tunnels: [nothing], shunts, files: [], warnings: [] })).toEqual({
      lines: ['shunt office: update'],
      summary: '1 change; 1 tunnel unchanged',
    });
  });

  it('of nothing', () => {
    expect(planText({ tunnels: [], shunts: [], files: [], warnings: [] })).toEqual({
      lines: [],
      summary: 'no tunnels',
    });
  });
});
