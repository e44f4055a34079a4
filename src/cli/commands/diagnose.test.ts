import { describe, expect, it } from 'vitest';
import { FakeGateway, SAMPLE_DIAGNOSIS, sampleTunnel } from '../../control/testing/fake-gateway.ts';
import type { CliResult } from '../testing/cli.ts';
import { withGateway } from '../testing/cli.ts';

async function diagnose(argv: readonly string[], gateway = failing()): Promise<CliResult> {
  let result: CliResult = { exit: -1, out: '', err: '' };
  await withGateway(gateway, async (call) => {
    result = await call(['diagnose', ...argv]);
  });
  return result;
}

function failing(): FakeGateway {
  return new FakeGateway([sampleTunnel({ connectionStatus: 'stage1Failure' })]);
}

describe('diagnose', () => {
  it('tells the verdict, what was seen, both sides, what was reached, and the fix at either end', async () => {
    const { exit, out } = await diagnose(['idc']);
    expect(exit).toBe(7);
    expect(out).toBe(`\
idc: Stage 1 failure: the DH groups of stage 1 differ: the peer wants 14 (modp2048), this end has 2 (modp1024)
  seen           INVALID_KE_PAYLOAD from 113.31.113.78, which wants DH group 14 (modp2048)
                 last seen 12s ago
  IKE proposals  here: ike aes128-sha1-modp1024
                 peer: DH group 14 (modp2048)
  checked        ✔ UDP 500 answers (22 ms)  ✔ IKE version agreed  ✖ IKE proposal differs
                 – pre-shared key not reached yet
  fix here       set ike.dhGroup: 14
  fix there      or set DH group 2 (modp1024) there
  where          tunnels.idc.ike.dhGroup (/etc/cygnet/cygnet.yaml:52:22)
  FAQ            6 (4)
`);
  });

  it('gives programs all of it', async () => {
    const { out } = await diagnose(['idc', '--json']);
    expect(JSON.parse(out)).toEqual(SAMPLE_DIAGNOSIS);
  });

  it('lets the peer be asked, unless it is told not to', async () => {
    const gateway = failing();
    await diagnose(['idc'], gateway);
    await diagnose(['idc', '--no-ask'], gateway);
    expect(gateway.calls).toEqual(['diagnose idc', 'diagnose idc without asking']);
  });

  it('has the exit status of a tunnel that is connected, or of one that does not exist', async () => {
    const connected = new FakeGateway([sampleTunnel({ connectionStatus: 'connected' })]);
    expect((await diagnose(['idc'], connected)).exit).toBe(0);
    const unknown = await diagnose(['dc2']);
    expect(unknown.exit).toBe(5);
    expect(unknown.err).toContain('there is no tunnel "dc2"');
  });
});
