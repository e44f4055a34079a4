import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { addressFromBytes, type IpAddress } from '../../base/net.ts';
import type { Fact, HostFacts, Process, UdpSocket } from '../facts.ts';
import { readFailure } from './failure.ts';

/** The processes that share our network; of those that only root may look at, that is taken for granted. */
export function readProcesses(): Fact<readonly Process[]> {
  try {
    const ours = linkOf('/proc/self/ns/net');
    const value = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => (linkOf(`/proc/${pid}/ns/net`) ?? ours) === ours)
      .flatMap((pid) => processOf(Number(pid)));
    return { known: true, value, source: '/proc/*/comm' };
  } catch (error) {
    return { known: false, source: '/proc', why: readFailure(error) };
  }
}

/** Nothing where it has just ended. */
function processOf(pid: number): Process[] {
  try {
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const program = words.findIndex((word) => OUR_PROGRAMS.has(basename(word)));
    return [{ pid, name, ours: program >= 0 && words.slice(program).includes('daemon') }];
  } catch {
    return [];
  }
}

const OUR_PROGRAMS: ReadonlySet<string> = new Set(['cygnet', 'cygnet.js']);

/** Sockets of UDP that are bound to a port below 5000, which those of IKE are. */
export function readSockets(processes: HostFacts['processes']): Fact<readonly UdpSocket[]> {
  try {
    const bound = ['/proc/net/udp', '/proc/net/udp6'].flatMap((path) => linesOf(path).flatMap(socketOf));
    const wanted = new Set(bound.map(({ inode }) => inode));
    const holders = holdersOf(wanted, processes.known ? processes.value : []);
    const value = bound.map(({ address, port, inode }): UdpSocket => {
      const process = holders.get(inode);
      return { address, port, ...(process === undefined ? {} : { process }) };
    });
    return { known: true, value, source: '/proc/net/udp' };
  } catch (error) {
    return { known: false, source: '/proc/net/udp', why: readFailure(error) };
  }
}

type Bound = { readonly address: IpAddress; readonly port: number; readonly inode: string };

const MAX_PORT = 5_000;

/** `sl local_address rem_address st queues timer retrnsmt uid timeout inode ...`, numbers in hexadecimal. */
function socketOf(line: string): Bound[] {
  const fields = line.trim().split(/\s+/);
  const [addressText = '', portText = ''] = (fields[1] ?? '').split(':');
  const [port, inode] = [Number.parseInt(portText, 16), fields[9] ?? ''];
  if (!/^\d+$/.test(inode) || !(port > 0 && port < MAX_PORT)) return [];
  return [{ address: addressOf(addressText), port, inode }];
}

/** Words of 32 bits in the order of this machine, as the kernel prints them. */
function addressOf(hex: string): IpAddress {
  const bytes = Buffer.from(hex, 'hex');
  return addressFromBytes(LITTLE_ENDIAN ? bytes.swap32() : bytes);
}

const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** A kernel without IPv6 has no table of it. */
function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(1);
  } catch (error) {
    if (path.endsWith('6')) return [];
    throw error;
  }
}

/** Who has a socket open. Of other users' processes only root is told. */
function holdersOf(inodes: ReadonlySet<string>, processes: readonly Process[]): Map<string, Process> {
  const holders = new Map<string, Process>();
  if (inodes.size === 0) return holders;
  for (const process of processes) {
    for (const link of openFiles(process.pid)) {
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      if (inode !== undefined && inodes.has(inode)) holders.set(inode, process);
    }
  }
  return holders;
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => linkOf(`/proc/${pid}/fd/${fd}`) ?? []);
  } catch {
    return [];
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
