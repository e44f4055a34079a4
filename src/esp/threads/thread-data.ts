import type { MessagePort } from 'node:worker_threads';
import type { Carrier } from '../esp-sockets.ts';

/** What a thread is given: descriptors by number, and memory that it shares with the control side. */
export type ThreadData = {
  readonly role: 'outbound' | 'inbound';
  /** Commands come by it, their failures go by it. */
  readonly commands: MessagePort;
  /** One 32-bit number: how many commands were applied. */
  readonly applied: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  /** An event descriptor that is signalled when a command waits. */
  readonly wake: number;
  readonly tun: { readonly fd: number; readonly headerBytes: number; readonly mtu: number };
  readonly carriers: readonly Carrier[];
};
