/** Numbers in transforms that no algorithm table has, for both directions. */

/** The only transform id of phase 1, RFC 2407 §4.4.2. */
export const KEY_IKE = 1;

/** Authentication method, RFC 2409 appendix A; the only one that we have. */
export const PRE_SHARED_KEY = 1;

/** The only value of the ESN attribute, RFC 4304 §2; short sequence numbers are said by leaving it out. */
export const ESN_ON = 1;

/** `draft` is UDP encapsulation under the private numbers of draft-ietf-ipsec-nat-t-ike-02 and -03. */
export type Encapsulation = {
  readonly mode: 'tunnel' | 'transport';
  readonly udp: 'none' | 'standard' | 'draft';
};

export function encapsulationOf(value: number): Encapsulation | undefined {
  return ENCAPSULATIONS.find((row) => row.value === value)?.encapsulation;
}

export function encapsulationValue({ mode, udp }: Encapsulation): number {
  const found = ENCAPSULATIONS.find(({ encapsulation }) => encapsulation.mode === mode && encapsulation.udp === udp);
  if (found === undefined) throw new RangeError(`no encapsulation mode ${mode}, ${udp}`);
  return found.value;
}

/** RFC 2407 §4.5, RFC 3947 §5.1. */
const ENCAPSULATIONS: readonly { readonly value: number; readonly encapsulation: Encapsulation }[] = [
  { value: 1, encapsulation: { mode: 'tunnel', udp: 'none' } },
  { value: 2, encapsulation: { mode: 'transport', udp: 'none' } },
  { value: 3, encapsulation: { mode: 'tunnel', udp: 'standard' } },
  { value: 4, encapsulation: { mode: 'transport', udp: 'standard' } },
  { value: 61_443, encapsulation: { mode: 'tunnel', udp: 'draft' } },
  { value: 61_444, encapsulation: { mode: 'transport', udp: 'draft' } },
];
