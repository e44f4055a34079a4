import { describe, expect, it } from 'vitest';
import { toHex } from '../base/bytes.ts';
import { MINUTE, SECOND } from '../base/time.ts';
import { PAYLOAD_TYPE } from '../ike/v2/wire/payload.ts';
import { FLAG_INITIATOR, FLAG_RESPONSE, HEADER_BYTES } from '../ike/wire/header.ts';
import { Attacker } from './attacker.ts';
import { HOME_ROUTER, PRESETS } from './conditions.ts';
import { Dice } from './dice.ts';
import type { SimGateway } from './gateway.ts';
import { expectAgreement } from './invariants.ts';
import type { Datagram } from './network.ts';
import { countEvents, type PairOptions, reasonsOf } from './pair.ts';
import { forEachSeed } from './seeds.ts';
import { ServicePair, tunnelStatus } from './service-pair.ts';
import { LEFT, type Side } from './tunnels.ts';

/** The longest way there and back of a calm network. */
const ROUND_TRIP = 2 * PRESETS.calm.latency[1];

/** HMAC-SHA-256. */
const TOKEN_BYTES = 32;

/** What the job workers and the kernels of both ends take for a new tunnel. */
const WORK = 100;

/** Both are up; the right one only responds, so that its own start does not bring the tunnel back. */
function connected(options: PairOptions): ServicePair {
  const pair = new ServicePair({ ...options, right: { ...options.right, policy: { start: 'respond' } } });
  pair.start(pair.left);
  pair.start(pair.right);
  pair.awaitConnection();
  return pair;
}

/** The right one loses everything; then until the left one, which does not know, has sent something. */
function untilNextMessage(pair: ServicePair, seed: number): void {
  pair.world.run(new Dice(seed).within([0, 20 * SECOND]));
  pair.reboot(pair.right);
  let asked = false;
  const untap = pair.world.network.tap(() => {
    asked = true;
  });
  pair.world.runUntil('asked', () => asked, 20 * SECOND);
  untap();
}

function lastReason(gateway: SimGateway): string | undefined {
  return reasonsOf(gateway, 'ike.closed').at(-1);
}

describe('a gateway that has lost all state and is there again (RFC 6290)', () => {
  it('is found out within one round trip after the next message of the other side, and the tunnel comes back', () => {
    forEachSeed(100, (seed) => {
      const pair = connected({ seed });
      untilNextMessage(pair, seed);
      pair.world.runUntil('told', () => countEvents(pair.left, 'ike.closed') > 0, ROUND_TRIP);
      expect(reasonsOf(pair.left, 'ike.closed')).toEqual(['peer-restarted']);
      expect(tunnelStatus(pair.left)).toMatchObject({
        connectionStatus: 'connecting',
        reason: { code: 'peer-restarted' },
      });
      // IKE_SA_INIT and IKE_AUTH.
      pair.awaitConnection(2 * ROUND_TRIP + WORK);
      expect(pair.exchangePackets()).toEqual(['delivered', 'delivered']);
      expect(tunnelStatus(pair.left)).toMatchObject({ connectionStatus: 'connected', reason: null });
    });
  });

  it('behind a NAT as well', () => {
    const inside: Side = { ...LEFT, address: '10.9.0.2', publicAddress: LEFT.address };
    forEachSeed(30, (seed) => {
      const nats = [{ ...HOME_ROUTER, address: LEFT.address, inside: [inside.address] }];
      const pair = connected({ seed, nats, left: { side: inside } });
      untilNextMessage(pair, seed);
      // What is sent next may be a keepalive.
      pair.world.runUntil('told', () => countEvents(pair.left, 'ike.closed') > 0, 10 * SECOND);
      expect(reasonsOf(pair.left, 'ike.closed')).toEqual(['peer-restarted']);
      pair.awaitConnection(2 * ROUND_TRIP + WORK);
    });
  });

  it('also after the IKE SA has been rekeyed a few times', () => {
    forEachSeed(30, (seed) => {
      const pair = connected({ seed, tunnel: { ikeLifetime: 2 * MINUTE } });
      pair.world.run(new Dice(seed).within([4 * MINUTE, 8 * MINUTE]));
      expect(countEvents(pair.left, 'ike.rekeyed')).toBeGreaterThan(0);
      untilNextMessage(pair, seed);
      pair.world.runUntil('told', () => lastReason(pair.left) === 'peer-restarted', ROUND_TRIP);
      pair.awaitConnection(2 * ROUND_TRIP + WORK);
    });
  });

  it('with losses, by one of the repetitions', () => {
    forEachSeed(60, (seed) => {
      const pair = connected({ seed, network: PRESETS.lossy30 });
      untilNextMessage(pair, seed);
      pair.awaitConnection(90 * SECOND);
      expectAgreement(pair.world, pair.left, pair.right);
    });
  });

  it('is found out only by its silence where it has lost its secret, too', () => {
    forEachSeed(20, (seed) => {
      const pair = connected({ seed, right: { detectable: false } });
      untilNextMessage(pair, seed);
      pair.world.run(3 * SECOND);
      expect(countEvents(pair.left, 'ike.closed')).toBe(0);
      pair.awaitConnection(60 * SECOND);
      expect(reasonsOf(pair.left, 'ike.closed')).toEqual(['peer-unresponsive']);
    });
  });
});

describe('an attacker on the path of a tunnel that lives', () => {
  /** Unprotected, with a Notify first and as long as it takes: neither a cookie nor a word about the version is. */
  const isToken = ({ bytes }: Datagram) => bytes[16] === PAYLOAD_TYPE.N && bytes.length > HEADER_BYTES + TOKEN_BYTES;

  it('gets no token to see, and cannot end the tunnel with those of a former crash', () => {
    forEachSeed(30, (seed) => {
      // Between the ports 500, where no marker stands before a message.
      const pair = connected({ seed, tunnel: { mobike: false } });
      const attacker = new Attacker(pair.world);
      untilNextMessage(pair, seed);
      pair.awaitConnection();
      pair.world.run(20 * SECOND);
      const captured = [...attacker.captured];
      const former = captured.filter(isToken);
      expect(former.length).toBeGreaterThan(0);
      const shown: Datagram[] = [];
      pair.world.network.tap((datagram) => {
        if (isToken(datagram)) shown.push(datagram);
      });
      const [live] = pair.left.machine.views();
      for (const datagram of captured) {
        for (const flags of [0, FLAG_INITIATOR, FLAG_RESPONSE, FLAG_INITIATOR | FLAG_RESPONSE])
          attacker.replay({ ...datagram, bytes: datagram.bytes.with(19, flags) });
        attacker.reflect(datagram);
        attacker.mutate(datagram);
      }
      pair.world.run(20 * SECOND);
      const spis = `${live?.initiatorSpi}${live?.responderSpi}`;
      const ofLive = shown.filter(({ bytes }) => toHex(bytes.subarray(0, 16)) === spis);
      expect(ofLive).toEqual([]);
      expect(pair.left.machine.views()).toMatchObject([{ initiatorSpi: live?.initiatorSpi, state: 'established' }]);
      expectAgreement(pair.world, pair.left, pair.right);
    });
  });
});
