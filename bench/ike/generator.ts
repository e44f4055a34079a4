import { setTimeout as pause } from 'node:timers/promises';
import { answerCalls } from './calls.ts';
import { Initiator } from './initiator.ts';
import { closedLoop, openLoop } from './loops.ts';
import type { PeersOptions } from './policies.ts';

/** A process that calls a responder as many peers at once. */
export type GeneratorCall =
  | ({ readonly kind: 'open' } & PeersOptions)
  | { readonly kind: 'connect'; readonly items: readonly number[]; readonly pace: Pace }
  | { readonly kind: 'rekey'; readonly items: readonly number[]; readonly pace: Pace; readonly what: 'ike' | 'child' }
  | { readonly kind: 'terminate'; readonly items: readonly number[]; readonly pace: Pace }
  | { readonly kind: 'established' };

/** So many at once, or so many a second. */
export type Pace = { readonly concurrency: number } | { readonly rate: number };

let initiator: Initiator | undefined;

answerCalls(async (call: GeneratorCall) => {
  if (call.kind === 'open') {
    initiator = new Initiator(call);
    return undefined;
  }
  const peers = initiator;
  if (peers === undefined) throw new Error('not open');
  if (call.kind === 'established') return peers.established;
  const perform = (tunnel: number): Promise<number> => {
    if (call.kind === 'connect') return peers.connect(tunnel);
    return call.kind === 'rekey' ? peers.rekey(tunnel, call.what) : peers.terminate(tunnel);
  };
  const { items, pace } = call;
  const outcome = await ('rate' in pace
    ? openLoop(items, pace.rate, perform)
    : closedLoop(items, pace.concurrency, perform));
  // What is still under way of the last one, such as the deletion of what was replaced, belongs to it.
  await pause(300);
  return outcome;
});
