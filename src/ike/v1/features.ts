import { type Features, NO_FEATURES } from './state.ts';
import type { PayloadV1 } from './wire/payload.ts';
import { type VendorIdName, vendorId, vendorIdName } from './wire/vendor-id.ts';

/** What an initiator announces; of the ways to say NAT traversal the responder takes one. */
const ANNOUNCED: readonly VendorIdName[] = [
  'dpd',
  'nat-t-rfc3947',
  'nat-t-draft-03',
  'nat-t-draft-02-newline',
  'nat-t-draft-02',
  'fragmentation',
];

export function initiatorVendorIds(): PayloadV1[] {
  return ANNOUNCED.map(vendorPayload);
}

/** RFC 3947 §3.1: of several methods the responder names the one that it will use. */
export function responderVendorIds({ natTraversal }: Features, asked: readonly PayloadV1[]): PayloadV1[] {
  const method = natTraversal === 'draft' ? draftIn(namesIn(asked)) : natTraversal && ('nat-t-rfc3947' as const);
  const names: VendorIdName[] = ['dpd', ...(method === undefined ? [] : [method]), 'fragmentation'];
  return names.map(vendorPayload);
}

/**
 * What the peer's vendor IDs add. They may add a feature and never take a check away; XAUTH and Unity are recognised
 * and mean nothing to us.
 */
export function readFeatures(payloads: readonly PayloadV1[]): Features {
  const names = namesIn(payloads);
  const natTraversal = names.has('nat-t-rfc3947')
    ? ({ natTraversal: 'standard' } as const)
    : draftIn(names) !== undefined
      ? ({ natTraversal: 'draft' } as const)
      : {};
  return { ...NO_FEATURES, ...natTraversal, dpd: names.has('dpd'), fragmentation: names.has('fragmentation') };
}

const NAT_DRAFTS: readonly VendorIdName[] = ['nat-t-draft-03', 'nat-t-draft-02-newline', 'nat-t-draft-02'];

function draftIn(names: ReadonlySet<VendorIdName>): VendorIdName | undefined {
  return NAT_DRAFTS.find((name) => names.has(name));
}

function namesIn(payloads: readonly PayloadV1[]): ReadonlySet<VendorIdName> {
  const names = new Set<VendorIdName>();
  for (const payload of payloads) {
    const name = payload.type === 'V' ? vendorIdName(payload.data) : undefined;
    if (name !== undefined) names.add(name);
  }
  return names;
}

function vendorPayload(name: VendorIdName): PayloadV1 {
  return { type: 'V', data: vendorId(name) };
}
