import type { Instant } from '../../base/time.ts';
import { ReceiveRing } from '../../native/receive-ring.ts';
import type { Report } from '../commands.ts';
import type { Carrier } from '../esp-sockets.ts';
import { TokenBucket } from '../flow/token-bucket.ts';
import { wordsAddress } from '../ip/address-words.ts';
import { TAILROOM } from '../transform/transform.ts';
import { Arrival } from './arrival.ts';
import type { InboundTraffic } from './inbound-traffic.ts';
import { INGRESS_BYTES, TunIngress, type TunWriter } from './tun-ingress.ts';

export type ArrivalSourceParts = {
  readonly carrier: Carrier;
  readonly traffic: Pick<InboundTraffic, 'take'>;
  readonly tun: TunWriter;
  /** The TUN's. */
  readonly mtu: number;
  readonly report: (report: Report) => void;
  readonly mono: () => Instant;
};

/** Takes sealed packets off one socket and finds where in what was received each of them begins. */
export class ArrivalSource {
  readonly #parts: ArrivalSourceParts;
  readonly #carrier: Carrier;
  readonly #ring: ReceiveRing;
  readonly #arrival: Arrival;
  readonly #ingress: TunIngress;
  readonly #traffic: Pick<InboundTraffic, 'take'>;

  readonly #bucket = new TokenBucket(IKE_PER_SECOND, IKE_BURST);

  constructor(parts: ArrivalSourceParts) {
    const { carrier, traffic, tun, mtu } = parts;
    const { family, over } = carrier;
    this.#parts = parts;
    this.#carrier = carrier;
    this.#traffic = traffic;
    this.#ring = new ReceiveRing({ family, headroom: HEADROOM, tailroom: TAILROOM, spareBytes: INGRESS_BYTES });
    this.#ingress = new TunIngress(tun, mtu, this.#ring.arena, this.#ring.spareAt);
    this.#arrival = new Arrival(this.#ring.arena, family);
    this.#arrival.protocol = over === 'ah' ? 'ah' : 'esp';
  }

  /** What waits in the socket, as much as one call brings. `wall` is the time, milliseconds. */
  receive(wall: number): void {
    const ring = this.#ring;
    const count = ring.receive(this.#carrier.fd);
    for (let index = 0; index < count; index++) {
      if (ring.length(index) === 0) continue;
      this.#addressFrom(index);
      if (this.#carrier.over === 'udp') this.#takeDatagrams(index, wall);
      else if (this.#carrier.family === 4) this.#takeIpv4(index, wall);
      else this.#takeIpv6(index, wall);
    }
    this.#ingress.flush();
  }

  #addressFrom(index: number): void {
    const arrival = this.#arrival;
    for (let word = 0; word < 4; word++) arrival.source[word] = this.#ring.peer(index, word);
    arrival.port = this.#carrier.over === 'udp' ? this.#ring.peerPort(index) : 0;
    arrival.tos = this.#ring.trafficClass(index);
  }

  /** Several of one sender and length may lie one behind the other (UDP_GRO). */
  #takeDatagrams(index: number, wall: number): void {
    const ring = this.#ring;
    const length = ring.length(index);
    const segment = ring.segment(index) || length;
    const start = ring.offset(index);
    for (let done = 0; done < length; done += segment) {
      const at = start + done;
      const share = Math.min(segment, length - done);
      if (share < MARKER_BYTES) continue;
      if (ring.arena.view.getUint32(at) === 0) this.#handOn(index, at, share);
      else this.#take(at, share, at, wall);
    }
  }

  /**
   * IKE (RFC 3948 §2.2), which the kernel gives to IKE's own socket: but for what came behind ESP from the same sender, and
   * was put together with that before anybody asked whom it is for.
   */
  #handOn(index: number, at: number, length: number): void {
    const { carrier, report, mono } = this.#parts;
    if (!this.#bucket.take(mono())) return;
    const ring = this.#ring;
    const words = Uint32Array.from({ length: 4 }, (_, word) => ring.local(index, word));
    const from = { address: wordsAddress(this.#arrival.source, carrier.family), port: this.#arrival.port };
    const bytes = ring.arena.bytes.slice(at, at + length);
    report({ kind: 'ike', from, to: wordsAddress(words, carrier.family), bytes });
  }

  /** A raw socket over IPv4 gives the IP header too. */
  #takeIpv4(index: number, wall: number): void {
    const outerAt = this.#ring.offset(index);
    const headerLength = ((this.#ring.arena.bytes[outerAt] ?? 0) & 0xf) * 4;
    this.#take(outerAt + headerLength, this.#ring.length(index) - headerLength, outerAt, wall);
  }

  /** Over IPv6 it does not: what AH covers of it is what the kernel tells, and the rest is known. */
  #takeIpv6(index: number, wall: number): void {
    const ring = this.#ring;
    const at = ring.offset(index);
    if (this.#arrival.protocol === 'ah') this.#rebuildIpv6(index, at - IPV6_HEADER);
    this.#take(at, ring.length(index), at - IPV6_HEADER, wall);
  }

  /** Traffic class, flow label and hop limit count as 0 (RFC 4302 §3.3.3.1.2.1). */
  #rebuildIpv6(index: number, outerAt: number): void {
    const ring = this.#ring;
    const { view } = ring.arena;
    view.setUint32(outerAt, 0x6000_0000);
    view.setUint16(outerAt + 4, ring.length(index));
    view.setUint16(outerAt + 6, AH << 8);
    for (let word = 0; word < 4; word++) {
      view.setUint32(outerAt + 8 + word * 4, ring.peer(index, word));
      view.setUint32(outerAt + 24 + word * 4, ring.local(index, word));
    }
  }

  #take(at: number, length: number, outerAt: number, wall: number): void {
    const arrival = this.#arrival;
    arrival.at = at;
    arrival.length = length;
    arrival.outerAt = outerAt;
    this.#traffic.take(arrival, wall, this.#ingress);
  }
}

const HEADROOM = 128;
/** The non-ESP marker; shorter are keepalives (RFC 3948 §2.3). */
const MARKER_BYTES = 4;
/** More than peers send in earnest, and what the control side does in passing. */
const IKE_PER_SECOND = 1_000;
const IKE_BURST = 1_000;
const IPV6_HEADER = 40;
const AH = 51;
