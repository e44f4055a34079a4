import { describe, expect, it } from 'vitest';
import type { TunnelPolicy } from '../ike/common/policy.ts';
import type { Reason } from '../ike/common/reason.ts';
import { at, deleted, failed, GONE, installed, rig, SILENCE, tunnel } from './testing/service-rig.ts';

const MINUTE = 60_000;

/** One that was up for a minute when it went, mostly as the peer has closed it. */
function closed(changes: Partial<TunnelPolicy>, reason = GONE) {
  const one = rig(tunnel(changes));
  one.start();
  one.say(100, installed());
  one.say(MINUTE, deleted('t#1', reason));
  const traps = () => one.core.commands.flatMap((command) => (command.kind === 'trap' ? command.set : []));
  return { ...one, attempts: () => one.core.count('initiate'), traps };
}

const because = (code: Reason['code']): Reason => ({ code, text: 'x' });

describe('what follows where the peer has closed the tunnel', () => {
  it('is nothing of ours with clear, and its start again once it is connected', () => {
    const { status, attempts, timerAt, say } = closed({ closeAction: 'clear' });
    expect(attempts()).toBe(1);
    expect(timerAt()).toBeUndefined();
    expect(status()).toMatchObject({ connectionStatus: 'waiting' });
    say(2 * MINUTE, installed());
    say(3 * MINUTE, deleted('t#1', because('peer-restarted')));
    expect(attempts()).toBe(2);
  });

  it('is waiting for traffic with hold', () => {
    const { attempts, traps, say } = closed({ closeAction: 'hold' });
    expect(attempts()).toBe(1);
    expect(traps()).toEqual([true]);
    say(2 * MINUTE, installed());
    expect(traps()).toEqual([true, false]);
  });

  it('is an attempt at once with restart, where otherwise the peer would have to call', () => {
    const { attempts, say } = closed({ closeAction: 'restart', start: 'respond' });
    expect(attempts()).toBe(1);
    say(MINUTE + 100, installed());
    say(3 * MINUTE, deleted('t#1', because('peer-restarted')));
    expect(attempts()).toBe(1);
  });

  it('is tried on until it is up with restart', () => {
    const { attempts, say, fire } = closed({ closeAction: 'restart', start: 'on-traffic' });
    expect(attempts()).toBe(1);
    say(MINUTE + 10_000, failed(1));
    fire();
    expect(attempts()).toBe(2);
  });

  it('is waiting for traffic where it did so before, with clear as well', () => {
    const { attempts, traps } = closed({ closeAction: 'clear', start: 'on-traffic' });
    expect(attempts()).toBe(0);
    expect(traps()).toEqual([true, true]);
  });

  it('is what the operator says', () => {
    const { apply, service, attempts, say, status } = closed({ closeAction: 'clear' });
    apply(service.up('t', at(MINUTE + 1000)));
    expect(attempts()).toBe(2);
    say(MINUTE + 10_000, failed(2));
    expect(status()).toMatchObject({ connectionStatus: 'connecting', reason: SILENCE });
  });

  it.each([
    ['never', 'respond', 1],
    [undefined, 'respond', 2],
    ['never', 'initiate', 2],
  ] as const)(
    'is what start says where its lifetime has ended, rekeyed %s, started by hand with %s',
    (rekey, start, n) => {
      const { start: begin, apply, service, say, core } = rig(tunnel({ start, ...(rekey && { childRekey: rekey }) }));
      begin();
      if (start === 'respond') apply(service.up('t', at(10)));
      say(100, installed());
      say(MINUTE, deleted('t#1', because('expired')));
      expect(core.count('initiate')).toBe(n);
    },
  );

  it('does not count where the peer has not closed it', () => {
    expect(closed({ closeAction: 'clear' }, because('peer-unresponsive')).attempts()).toBe(2);
  });
});
