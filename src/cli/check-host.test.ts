import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HostReport } from '../host/host-check.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const MAIN = join(ROOT, 'dist', 'cli', 'main.js');
const READER = 'host/read/read-host';

/** `npm run build` makes it; on the way of developing it may be missing or older than the sources. */
const built =
  existsSync(join(ROOT, 'dist', `${READER}.js`)) &&
  statSync(join(ROOT, 'dist', `${READER}.js`)).mtimeMs >= statSync(join(ROOT, 'src', `${READER}.ts`)).mtimeMs;

/** A network of its own needs root, and a kernel that has them. */
const NETWORK = 'ip link set lo up && ip link add eth0 type veth peer name far && ip link set far up';
const isolated = spawnSync('unshare', ['--net', 'sh', '-c', NETWORK]).status === 0;
const filters =
  spawnSync('unshare', ['--net', 'iptables', '-t', 'nat', '-A', 'POSTROUTING', '-j', 'ACCEPT']).status === 0;

const CONFIGURATION = `version: 1
profile: modern
gateways: {gw1: {address: 192.0.2.1}}
peers: {idc: {address: 203.0.113.7}}
tunnels:
  idc:
    gateway: gw1
    peer: idc
    local: {subnets: [10.0.0.0/16]}
    remote: {subnets: [10.23.0.0/16]}
    psk: k7Rr1zmYpQv3nW8sTf5xLd2a
`;

type Result = { readonly exit: number; readonly err: string; readonly host: HostReport };

/** `cygnet check --host` in a network of its own, behind commands that make it what it is. */
function checkIn(...commands: readonly string[]): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'cygnet-host-'));
  const file = join(directory, 'cygnet.yaml');
  writeFileSync(file, CONFIGURATION);
  const check = `exec "${process.execPath}" "${MAIN}" check --host --json "${file}"`;
  const script = [`{ ${[NETWORK, ...commands].join(' && ')}; } >&2`, check].join(' && ');
  return new Promise((resolve) => {
    execFile('unshare', ['--net', 'sh', '-c', script], (error, stdout, stderr) => {
      rmSync(directory, { recursive: true });
      const { host } = JSON.parse(stdout) as { host: HostReport };
      resolve({ exit: error === null ? 0 : Number(error.code), err: stderr, host });
    });
  });
}

const ADDRESS = 'ip address add 192.0.2.1/24 dev eth0 && ip link set eth0 up';
const ROUTE = 'ip route add default via 192.0.2.254';

function told({ host }: Result): string[] {
  return host.findings.filter(({ check }) => check !== 'kernel').map(({ severity, check }) => `${severity} ${check}`);
}

const HOST_CHECKS = 'cygnet check --host, in a network of its own (needs root and the build)';

describe.skipIf(!isolated || (!built && process.env.CI !== 'true'))(HOST_CHECKS, () => {
  it('a bare network: no address, no route, nothing is forwarded', async () => {
    const result = await checkIn('sysctl -qw net.ipv4.ip_forward=0');
    expect(result.exit).toBe(1);
    expect(told(result)).toEqual(
      expect.arrayContaining(['error own-address', 'error route-to-peer', 'error forwarding']),
    );
    expect(result.host.findings.map(({ seen }) => seen)).toEqual(
      expect.arrayContaining([
        'no interface that is up has 192.0.2.1',
        'there is no route to the peer 203.0.113.7 (ENETUNREACH)',
        'net.ipv4.ip_forward is 0',
      ]),
    );
  });

  it('a gateway that is ready, once what was found is mended', async () => {
    const first = await checkIn(ADDRESS, ROUTE, 'sysctl -qw net.ipv4.ip_forward=0');
    const fixes = first.host.findings
      .filter(({ check }) => check !== 'kernel' && check !== 'clock')
      .map(({ fix }) => fix);
    expect(fixes.length).toBeGreaterThan(0);
    const second = await checkIn(ADDRESS, ROUTE, ...fixes);
    expect(told(second).filter((line) => !line.endsWith('clock'))).toEqual([]);
  });

  it('names the process that has an IKE port', async () => {
    const hold = `import dgram from 'node:dgram'; dgram.createSocket('udp4').bind(500, () => setTimeout(() => process.exit(), 20000))`;
    const result = await checkIn(
      ADDRESS,
      ROUTE,
      `{ "${process.execPath}" --input-type=module -e "${hold}" >/dev/null 2>&1 & HOLDER=$!; trap "kill $HOLDER" EXIT`,
      'until grep -q :01F4 /proc/net/udp; do sleep 0.1; done; }',
    );
    const found = result.host.findings.find(({ check }) => check === 'ike-ports');
    expect(found?.seen).toMatch(/^UDP 500 is in use by node \(process \d+\)$/);
    process.kill(Number(/process (\d+)/.exec(found?.seen ?? '')?.[1]));
  });

  it.runIf(filters)('finds the rules of iptables that catch the traffic', async () => {
    const result = await checkIn(
      ADDRESS,
      ROUTE,
      'sysctl -qw net.ipv4.ip_forward=1',
      'iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE',
      'iptables -P INPUT DROP',
    );
    expect(told(result)).toEqual(expect.arrayContaining(['error nat', 'error firewall']));
    const fixes = result.host.findings
      .filter(({ check }) => check === 'nat' || check === 'firewall')
      .map(({ fix }) => fix);
    const mended = await checkIn(
      ADDRESS,
      ROUTE,
      'iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE',
      'iptables -P INPUT DROP',
      ...fixes,
    );
    expect(told(mended)).not.toEqual(expect.arrayContaining(['error nat']));
    expect(told(mended)).not.toEqual(expect.arrayContaining(['error firewall']));
  });
});
