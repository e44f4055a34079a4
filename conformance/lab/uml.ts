import { cpSync, existsSync, mkdirSync, readFileSync, statfsSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LabProcess, startGroup, type WorkerCommand } from './lab-process.ts';
import { must, run } from './shell.ts';

const MEMORY_MB = 1024;

/**
 * Runs a worker inside Debian's user-mode-linux: a Linux kernel with ESP as an ordinary process, on the host's own root
 * file system mounted read-only, with the output directory writable on top of it.
 */
export async function startUml(command: WorkerCommand): Promise<LabProcess> {
  const modules = await moduleTree(command.out);
  const directory = join(command.out, 'run');
  const init = join(directory, `init-${command.name}`);
  writeFileSync(init, initScript(command, modules), { mode: 0o755 });
  const argv = [
    'linux.uml',
    ...['rootfstype=hostfs', 'rootflags=/', 'ro', `mem=${MEMORY_MB}M`, `init=${init}`, 'quiet', 'panic=1'],
    ...['con=null', 'con0=null,fd:1', 'con1=null,null'],
  ];
  const env = { HOME: directory, TMPDIR: memoryDirectory() };
  return startGroup(argv, join(directory, `console-${command.name}.log`), env);
}

/**
 * The guest's first process. Everything it mounts is the guest's own; the host sees only what is written to the output
 * directory. All modules in one modprobe: one by one they take a second longer.
 */
function initScript(command: WorkerCommand, modules: string): string {
  const log = quote(join(command.out, 'run', `worker-${command.name}.log`));
  return `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/run/home TMPDIR=/run/tmp
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mkdir -p /run/home /run/tmp
mount -t hostfs hostfs ${quote(command.out)} -o ${quote(command.out)}
exec >${log} 2>&1
mount --bind ${quote(join(modules, 'lib/modules'))} /lib/modules || true
modprobe -d ${quote(modules)} -a ${MODULES.join(' ')} || true
ip link set lo up
${command.argv.map(quote).join(' ')}
echo "worker ended with $?"
sync
poweroff -f || echo o >/proc/sysrq-trigger
`;
}

const MODULES = [
  ...['hmac', 'cbc', 'ctr', 'gcm', 'authenc', 'echainiv', 'seqiv', 'md5', 'sha512_generic', 'des_generic'],
  ...['chacha20poly1305', 'esp4', 'esp6', 'ah4', 'ah6', 'xfrm_user', 'veth', 'dummy', 'tun', 'sch_netem'],
  ...['iptable_nat', 'xt_nat', 'xt_tcpudp', 'xt_length', 'nf_conntrack_netlink'],
];

/** A module directory with an index, which Debian's package does not bring; built once a run. */
let tree: Promise<string> | undefined;

function moduleTree(out: string): Promise<string> {
  tree ??= buildModuleTree(join(out, 'run', 'modules'));
  return tree;
}

async function buildModuleTree(root: string): Promise<string> {
  const release = (await must(['linux.uml', '--version'])).trim();
  const source = join('/usr/lib/uml/modules', release);
  const target = join(root, 'lib/modules', release);
  mkdirSync(target, { recursive: true });
  symlinkSync(join(source, 'kernel'), join(target, 'kernel'));
  for (const file of ['modules.order', 'modules.builtin', 'modules.builtin.modinfo']) {
    if (existsSync(join(source, file))) cpSync(join(source, file), join(target, file));
  }
  await must(['depmod', '-b', root, release]);
  if (!existsSync('/lib/modules')) await run(['mkdir', '-p', '/lib/modules']);
  return root;
}

/** The guest's memory is a file that it executes from; containers often have a /dev/shm that is too small, or noexec. */
function memoryDirectory(): string {
  const mount = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[1] === '/dev/shm');
  if (mount === undefined || /[ ,]noexec[ ,]/.test(mount)) return '/var/tmp';
  const { bavail, bsize } = statfsSync('/dev/shm');
  return (bavail * bsize) / 2 ** 20 > 3 * MEMORY_MB ? '/dev/shm' : '/var/tmp';
}

function quote(word: string): string {
  return `'${word.replace(/'/g, "'\\''")}'`;
}
