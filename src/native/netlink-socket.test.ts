import { afterEach, describe, expect, it } from 'vitest';
import { NativeError } from './errno.ts';
import { NetlinkSocket } from './netlink-socket.ts';

const NETLINK_ROUTE = 0;
const NETLINK_XFRM = 6;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_DUMP = 0x300;
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTNLGRP_IPV4_IFADDR = 5;
const XFRM_MSG_GETSA = 18;

/** The kernel serves XFRM and changes of addresses only to CAP_NET_ADMIN. */
const root = process.getuid?.() === 0;
const withRoot = root ? it : it.skip;

const open: NetlinkSocket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

function openSocket(...args: Parameters<typeof NetlinkSocket.open>): NetlinkSocket {
  const socket = NetlinkSocket.open(...args);
  open.push(socket);
  return socket;
}

function message(type: number, flags: number, sequence: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, NLM_F_REQUEST | flags, true);
  view.setUint32(8, sequence, true);
  bytes.set(body, 16);
  return bytes;
}

function header(bytes: Uint8Array | undefined) {
  if (bytes === undefined) throw new Error('no such message');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { type: view.getUint16(4, true), sequence: view.getUint32(8, true), body: view };
}

describe('netlink requests', () => {
  it('a dump gives every message of it and ends with NLMSG_DONE', () => {
    const answer = openSocket(NETLINK_ROUTE).request(message(RTM_GETLINK, NLM_F_DUMP, 7, new Uint8Array(16)));
    expect(header(answer.at(-1)).type).toBe(NLMSG_DONE);
    expect(answer.length).toBeGreaterThanOrEqual(2);
    for (const part of answer.slice(0, -1)) expect(header(part)).toMatchObject({ type: RTM_NEWLINK, sequence: 7 });
  });

  it('a single answer is followed by the acknowledgement, also where the caller asked for none', () => {
    const body = new Uint8Array(16);
    new DataView(body.buffer).setInt32(4, 1, true); // ifi_index of lo
    const answer = openSocket(NETLINK_ROUTE).request(message(RTM_GETLINK, 0, 8, body));
    expect(answer.map((part) => header(part).type)).toEqual([RTM_NEWLINK, NLMSG_ERROR]);
    expect(header(answer[1]).body.getInt32(16, true)).toBe(0);
  });

  it('a refusal is an answer with its errno, not an exception', () => {
    const body = new Uint8Array(16);
    new DataView(body.buffer).setInt32(4, 0x7fff_0000, true);
    const answer = openSocket(NETLINK_ROUTE).request(message(RTM_GETLINK, 0, 9, body));
    expect(answer.map((part) => header(part).type)).toEqual([NLMSG_ERROR]);
    expect(header(answer[0]).body.getInt32(16, true)).toBe(-19); // ENODEV
  });

  it('answers that are kept stay as they were when the next request overwrites the buffer', () => {
    const socket = openSocket(NETLINK_ROUTE);
    const first = socket.request(message(RTM_GETLINK, NLM_F_DUMP, 1, new Uint8Array(16)));
    const copy = first.map((part) => part.slice());
    socket.request(message(RTM_GETLINK, NLM_F_DUMP, 2, new Uint8Array(16)));
    expect(first).toEqual(copy);
  });

  withRoot('XFRM: a dump of the SAs ends with NLMSG_DONE (needs root)', () => {
    const answer = openSocket(NETLINK_XFRM).request(message(XFRM_MSG_GETSA, NLM_F_DUMP, 3, new Uint8Array(24)));
    expect(header(answer.at(-1)).type).toBe(NLMSG_DONE);
  });

  it('a protocol that does not exist throws the call and the errno name', () => {
    expect(() => NetlinkSocket.open(31)).toThrow(NativeError);
    expect(() => NetlinkSocket.open(31)).toThrow('socket: EPROTONOSUPPORT');
  });

  it('an event socket takes no requests, so that no event can pass for an answer', () => {
    const socket = openSocket(NETLINK_ROUTE, { groups: [RTNLGRP_IPV4_IFADDR] });
    expect(() => socket.request(message(RTM_GETLINK, NLM_F_DUMP, 1, new Uint8Array(16)))).toThrow(TypeError);
  });
});

describe('netlink events', () => {
  /** Adds or removes 127.8.0.N/32 on lo: each change makes one event. */
  function changeAddress(socket: NetlinkSocket, type: number, host: number): void {
    const body = new Uint8Array(8 + 8 + 8);
    const view = new DataView(body.buffer);
    view.setUint8(0, 2); // AF_INET
    view.setUint8(1, 32);
    view.setUint32(4, 1, true); // lo
    for (const [at, attribute] of [
      [8, 1], // IFA_ADDRESS
      [16, 2], // IFA_LOCAL
    ] as const) {
      view.setUint16(at, 8, true);
      view.setUint16(at + 2, attribute, true);
      view.setUint32(at + 4, (127 << 24) | (8 << 16) | host);
    }
    const answer = socket.request(message(type, type === RTM_NEWADDR ? 0x600 : 0, host, body));
    expect(header(answer.at(-1)).body.getInt32(16, true)).toBe(0);
  }

  withRoot('events of a group arrive in the event loop (needs root)', async () => {
    const requests = openSocket(NETLINK_ROUTE);
    const events = openSocket(NETLINK_ROUTE, { groups: [RTNLGRP_IPV4_IFADDR] });
    const types: number[] = [];
    events.subscribe(
      (datagram) => types.push(header(datagram).type),
      () => expect.unreachable(),
    );
    changeAddress(requests, RTM_NEWADDR, 1);
    changeAddress(requests, RTM_DELADDR, 1);
    expect(types).toEqual([]);
    await expect.poll(() => types).toEqual([RTM_NEWADDR, RTM_DELADDR]);
  });

  withRoot('after an overrun of a tiny buffer it is reported, and later events still arrive (needs root)', async () => {
    const requests = openSocket(NETLINK_ROUTE);
    const events = openSocket(NETLINK_ROUTE, { groups: [RTNLGRP_IPV4_IFADDR], receiveBuffer: 4096 });
    let received = 0;
    let overruns = 0;
    events.subscribe(
      () => received++,
      () => overruns++,
    );
    for (let round = 1; round <= 3; round++) {
      for (let host = 1; host <= 60; host++) changeAddress(requests, RTM_NEWADDR, host);
      for (let host = 1; host <= 60; host++) changeAddress(requests, RTM_DELADDR, host);
      await expect.poll(() => overruns).toBeGreaterThanOrEqual(round);
    }
    expect(received).toBeLessThan(360);
    const before = received;
    changeAddress(requests, RTM_NEWADDR, 99);
    changeAddress(requests, RTM_DELADDR, 99);
    await expect.poll(() => received).toBeGreaterThanOrEqual(before + 2);
  });

  it('closing while subscribed, twice, leaves nothing that keeps the process alive', () => {
    const events = openSocket(NETLINK_ROUTE, { groups: [RTNLGRP_IPV4_IFADDR] });
    events.subscribe(
      () => undefined,
      () => undefined,
    );
    events.close();
    events.close();
  });
});
