import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { EventFd } from '../../native/event-fd.ts';
import { PollSet } from '../../native/poll-set.ts';
import type { Command, CommandFailure, NumberedFailure } from '../commands.ts';
import type { ThreadData } from './thread-data.ts';

/** What a thread does between its waits. */
export type Work = {
  apply(command: Command): CommandFailure | undefined;
  /** All waiting commands were applied. */
  settled(): void;
  /** The descriptor of this place in the list can be read. */
  ready(index: number): void;
};

/** Waits for packets and commands, and does them, until it is told to stop. Packets wait while commands are applied. */
export function runThread(
  data: Pick<ThreadData, 'commands' | 'applied' | 'wake'>,
  fds: readonly number[],
  work: Work,
): void {
  const wake = EventFd.of(data.wake);
  const poll = new PollSet([data.wake, ...fds]);
  const applied = new Int32Array(data.applied);
  for (;;) {
    poll.wait(IDLE);
    if (poll.ready(0)) wake.clear();
    if (applyAll(data.commands, applied, work) === 'stop') return;
    for (let index = 0; index < fds.length; index++) if (poll.ready(index + 1)) work.ready(index);
  }
}

function applyAll(commands: MessagePort, applied: Int32Array, work: Work): 'stop' | 'go on' {
  let any = false;
  for (;;) {
    const received = receiveMessageOnPort(commands);
    if (received === undefined) {
      if (any) work.settled();
      return 'go on';
    }
    any = true;
    const command = received.message as Command;
    const failure = tried(() => work.apply(command));
    const number = (Atomics.load(applied, 0) + 1) | 0;
    if (failure !== undefined) commands.postMessage({ ...failure, command: number } satisfies NumberedFailure);
    Atomics.store(applied, 0, number);
    Atomics.notify(applied, 0);
    if (command.kind === 'stop') return 'stop';
  }
}

/** What cannot be done is the command's failure; the thread goes on carrying the others' packets. */
function tried(action: () => CommandFailure | undefined): CommandFailure | undefined {
  try {
    return action();
  } catch (error) {
    return { code: 'EFAULT', detail: error instanceof Error ? error.message : String(error) };
  }
}

/** A signal that is missed costs no more than this, milliseconds. */
const IDLE = 1_000;
