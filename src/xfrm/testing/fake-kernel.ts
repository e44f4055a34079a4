import { toHex } from '../../base/bytes.ts';
import type { IpAddress } from '../../base/net.ts';
import { addressBytes, addressFamily } from '../../base/net.ts';
import * as generic from '../../netlink/constants.ts';
import type { NetlinkPort, NetlinkWriter } from '../../netlink/netlink.ts';
import { buildMessage, parseAttributes } from '../../netlink/netlink.ts';
import * as xfrm from '../constants.ts';

const constants = { ...generic, ...xfrm };

const ENOENT = 2;
export const ESRCH = 3;
export const EPERM = 1;
const EEXIST = 17;
const EOPNOTSUPP = 95;

type Reply = number | { readonly type: number; readonly bodies: readonly Uint8Array[] };

/** An SAD, SPD and routing table that answer as Linux does, as far as the data plane asks. Everything is visible. */
export class FakeKernel {
  readonly sas = new Map<string, Uint8Array>();
  readonly policies = new Map<string, Uint8Array>();
  /** The protocol number of the route, by destination address and length, and table and metric where they are not the usual. */
  readonly routes = new Map<string, number>();
  /** The requests' names in order, look-ups left out. */
  readonly log: string[] = [];
  /** The answer of the kernel instead of doing as told: an errno, or undefined to go on. */
  refuse: (name: string, payload: Uint8Array) => number | undefined = () => undefined;
  /** What the routing table knows of the way to any address. */
  nextHop: { readonly interface: number; readonly gateway?: IpAddress } | undefined = { interface: 3 };
  addresses: readonly IpAddress[] = [];
  /** Of the one interface that has them: up and running. */
  linkFlags = 0x41;
  closed = 0;
  #nextSpi = 0xc000_0100;
  #listeners: { onMessages: (datagram: Uint8Array) => void; onOverrun: () => void }[] = [];

  /** The two families of messages share numbers. */
  port(family: Family = 'XFRM_MSG'): NetlinkPort {
    return {
      request: (message) => this.#answer(message, NAMES[family]),
      subscribe: (onMessages, onOverrun) => this.#listeners.push({ onMessages, onOverrun }),
      close: () => {
        this.closed++;
      },
    };
  }

  emit(datagram: Uint8Array): void {
    for (const { onMessages } of this.#listeners) onMessages(datagram);
  }

  overrun(): void {
    for (const { onOverrun } of this.#listeners) onOverrun();
  }

  #answer(message: Uint8Array, names: ReadonlyMap<number, string>): Uint8Array[] {
    const view = new DataView(message.buffer, message.byteOffset);
    const type = view.getUint16(4, true);
    const dump = (view.getUint16(6, true) & constants.NLM_F_DUMP) === constants.NLM_F_DUMP;
    const name = names.get(type) ?? String(type);
    const payload = message.slice(16);
    if (!name.startsWith('GET')) this.log.push(name);
    const reply = this.refuse(name, payload) ?? this.#perform(name, payload, dump);
    if (typeof reply === 'number') return [closing(constants.NLMSG_ERROR, reply)];
    const bodies = reply.bodies.map((body) => buildMessage(reply.type, 0, (writer) => writer.bytes(body)));
    return [...bodies, closing(dump ? constants.NLMSG_DONE : constants.NLMSG_ERROR, 0)];
  }

  #perform(name: string, payload: Uint8Array, dump: boolean): Reply {
    if (name.endsWith('SA') || name === 'ALLOCSPI') return this.#sa(name, payload, dump);
    if (name.endsWith('POLICY')) return this.#policy(name, payload, dump);
    return this.#routing(name, payload);
  }

  #sa(name: string, payload: Uint8Array, dump: boolean): Reply {
    const wholeKey = toHex(payload.subarray(56, 77));
    const idKey = toHex(payload.subarray(0, 20)) + toHex(payload.subarray(22, 23));
    switch (name) {
      case 'ALLOCSPI': {
        const info = payload.slice(0, 224);
        new DataView(info.buffer).setUint32(72, this.#nextSpi++);
        this.sas.set(toHex(info.subarray(56, 77)), info);
        return { type: constants.XFRM_MSG_NEWSA, bodies: [info] };
      }
      case 'NEWSA':
        return this.sas.has(wholeKey) ? EEXIST : keep(this.sas, wholeKey, payload);
      case 'UPDSA':
        return this.sas.has(wholeKey) ? keep(this.sas, wholeKey, payload) : ESRCH;
      case 'DELSA':
        return this.#find(idKey, payload) !== undefined && this.sas.delete(idKey) ? 0 : ESRCH;
      default: {
        const found = dump ? [...this.sas.values()] : [this.#find(idKey, payload)].filter((body) => body !== undefined);
        return found.length === 0 && !dump ? ESRCH : { type: constants.XFRM_MSG_NEWSA, bodies: found };
      }
    }
  }

  /** An SA with a mark is found by that mark alone. */
  #find(idKey: string, payload: Uint8Array): Uint8Array | undefined {
    const body = this.sas.get(idKey);
    return body === undefined || apart(body.subarray(224), ['mark']) === apart(payload.subarray(24), ['mark'])
      ? body
      : undefined;
  }

  #policy(name: string, payload: Uint8Array, dump: boolean): Reply {
    const selector = toHex(payload.subarray(0, 56));
    const wholeKey = () => `${selector} ${payload[160]}${apart(payload.subarray(168))}`;
    const idKey = () => `${selector} ${payload[60]}${apart(payload.subarray(64))}`;
    switch (name) {
      case 'NEWPOLICY':
        return this.policies.has(wholeKey()) ? EEXIST : keep(this.policies, wholeKey(), payload);
      case 'UPDPOLICY':
        return keep(this.policies, wholeKey(), payload);
      case 'DELPOLICY':
        return this.policies.delete(idKey()) ? 0 : ENOENT;
      default: {
        const found = dump
          ? [...this.policies.values()]
          : [this.policies.get(idKey())].filter((body) => body !== undefined);
        return found.length === 0 && !dump ? ENOENT : { type: constants.XFRM_MSG_NEWPOLICY, bodies: found };
      }
    }
  }

  #routing(name: string, payload: Uint8Array): Reply {
    if (name === 'GETLINK') return { type: constants.RTM_NEWLINK, bodies: [linkBody(this.linkFlags)] };
    const attributes = parseAttributes(payload.subarray(12));
    const destination = attributes.get(constants.RTA_DST) ?? new Uint8Array();
    const number = (type: number) => attributes.get(type)?.reduceRight((sum, byte) => sum * 256 + byte, 0);
    const table = number(constants.RTA_TABLE) ?? payload[4];
    const metric = number(constants.RTA_PRIORITY);
    const place = [table === constants.RT_TABLE_MAIN ? '' : ` table ${table}`, metric ? ` metric ${metric}` : ''];
    const key = `${destination.join('.')}/${payload[1]}${place.join('')}`;
    const protocol = payload[5] ?? 0;
    switch (name) {
      case 'GETROUTE':
        return this.nextHop === undefined
          ? ENETUNREACH
          : { type: constants.RTM_NEWROUTE, bodies: [routeBody(this.nextHop)] };
      case 'NEWROUTE':
        if (this.routes.has(key)) return EEXIST;
        this.routes.set(key, protocol);
        return 0;
      case 'DELROUTE':
        return this.routes.get(key) === protocol && this.routes.delete(key) ? 0 : ESRCH;
      case 'GETADDR':
        return {
          type: constants.RTM_NEWADDR,
          bodies: this.addresses.filter((address) => familyOf(address) === payload[0]).map(addressBody),
        };
      default:
        return EOPNOTSUPP;
    }
  }
}

const ENETUNREACH = 101;

type Family = 'XFRM_MSG' | 'RTM';

const NAMES: Readonly<Record<Family, ReadonlyMap<number, string>>> = {
  XFRM_MSG: names('XFRM_MSG_'),
  RTM: names('RTM_'),
};

function names(prefix: string): ReadonlyMap<number, string> {
  const own = Object.entries(constants).filter(([name]) => name.startsWith(prefix));
  return new Map(own.map(([name, value]) => [value, name.slice(prefix.length)]));
}

/** What tells entries of one selector or SPI apart, of the attributes of a message. */
function apart(attributes: Uint8Array, by: readonly ('mark' | 'interface')[] = ['mark', 'interface']): string {
  const numbers = { mark: constants.XFRMA_MARK, interface: constants.XFRMA_IF_ID };
  const values = parseAttributes(attributes);
  return by.map((name) => ` ${toHex(values.get(numbers[name]) ?? new Uint8Array())}`).join('');
}

function keep(table: Map<string, Uint8Array>, key: string, payload: Uint8Array): 0 {
  table.set(key, payload);
  return 0;
}

function closing(type: number, errno: number): Uint8Array {
  return buildMessage(type, 0, (writer) => writer.u32(-errno >>> 0).zeros(16));
}

function routeBody(hop: { readonly interface: number; readonly gateway?: IpAddress }): Uint8Array {
  return body((writer) => {
    writer.zeros(12).attribute(constants.RTA_OIF, (target) => target.u32(hop.interface));
    const { gateway } = hop;
    if (gateway !== undefined) writer.attribute(constants.RTA_GATEWAY, (target) => target.bytes(addressBytes(gateway)));
  });
}

const INTERFACE = 3;

function familyOf(address: IpAddress): number {
  return addressFamily(address) === 4 ? constants.AF_INET : constants.AF_INET6;
}

function linkBody(flags: number): Uint8Array {
  return body((writer) => {
    writer.zeros(4).u32(INTERFACE).u32(flags).zeros(4);
  });
}

function addressBody(address: IpAddress): Uint8Array {
  return body((writer) => {
    writer
      .u8(familyOf(address))
      .zeros(3)
      .u32(INTERFACE)
      .attribute(constants.IFA_ADDRESS, (target) => target.bytes(addressBytes(address)));
  });
}

function body(write: (writer: NetlinkWriter) => void): Uint8Array {
  return buildMessage(0, 0, write).slice(16);
}
