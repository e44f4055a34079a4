import { equalBytes, fromHex } from '../../../base/bytes.ts';

export type VendorIdName =
  | 'dpd'
  | 'nat-t-rfc3947'
  | 'nat-t-draft-03'
  | 'nat-t-draft-02'
  | 'nat-t-draft-02-newline'
  | 'fragmentation'
  | 'xauth'
  | 'unity';

type VendorIdRow = {
  readonly name: VendorIdName;
  /** What it starts with. */
  readonly prefix: Uint8Array;
  /** Octets that may follow: a version, or capabilities; one of these numbers. */
  readonly more: readonly number[];
  /** What we send. */
  readonly ours: Uint8Array;
};

/**
 * The vendor IDs that mean something to us. Most are MD5 of a name: `RFC 3947` (its §3.1), the names of the drafts
 * `draft-ietf-ipsec-nat-t-ike-03`, `-02` and `-02` with the line feed that was hashed by mistake and is the common
 * one, `FRAGMENTATION` of Microsoft and Cisco, which Cisco follows with four octets of capabilities. RFC 3706 §5.1
 * gives DPD 14 octets and a version; Cisco's Unity has the same form.
 */
const VENDOR_IDS: readonly VendorIdRow[] = [
  row('dpd', 'afcad71368a1f1c96b8696fc7757', { more: [2], tail: '0100' }),
  row('nat-t-rfc3947', '4a131c81070358455c5728f20e95452f'),
  row('nat-t-draft-03', '7d9419a65310ca6f2c179d9215529d56'),
  row('nat-t-draft-02', 'cd60464335df21f87cfdb2fc68b6a448'),
  row('nat-t-draft-02-newline', '90cb80913ebb696e086381b5ec427b1f'),
  row('fragmentation', '4048b7d56ebce88525e7de7f00d6c2d3', { more: [0, 4], tail: '80000000' }),
  row('xauth', '09002689dfd6b712'),
  row('unity', '12f5f28c457168a9702d9fe274cc', { more: [2], tail: '0100' }),
];

/** Undefined for all others: they are ignored. A vendor ID may add a feature, never take a check away. */
export function vendorIdName(data: Uint8Array): VendorIdName | undefined {
  return VENDOR_IDS.find(
    ({ prefix, more }) =>
      more.includes(data.length - prefix.length) && equalBytes(data.subarray(0, prefix.length), prefix),
  )?.name;
}

/** What we send to say that we know the extension. */
export function vendorId(name: VendorIdName): Uint8Array {
  return BY_NAME[name];
}

const BY_NAME = Object.fromEntries(VENDOR_IDS.map(({ name, ours }) => [name, ours])) as {
  readonly [Name in VendorIdName]: Uint8Array;
};

function row(
  name: VendorIdName,
  prefix: string,
  rest: { more: number[]; tail: string } = { more: [0], tail: '' },
): VendorIdRow {
  return { name, prefix: fromHex(prefix), more: rest.more, ours: fromHex(prefix + rest.tail) };
}
