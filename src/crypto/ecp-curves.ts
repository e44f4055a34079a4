import type { KeyExchangeKeyword } from './algorithms.ts';

/** y² = x³ - 3x + b over the integers modulo `prime`, RFC 5903 §3. */
export type EcpCurve = {
  readonly prime: bigint;
  readonly b: bigint;
  /** Number of points, a prime: every point of the curve but infinity generates all of it. */
  readonly order: bigint;
  /** Length of a coordinate and of a scalar, bytes. */
  readonly bytes: number;
  /** node:crypto's name. */
  readonly node: string;
};

/**
 * @throws RangeError for a method that is no ECP group.
 */
export function ecpCurve(keyword: KeyExchangeKeyword): EcpCurve {
  const curve = CURVES.get(keyword);
  if (curve === undefined) throw new RangeError(`${keyword} is no ECP group`);
  return curve;
}

const CURVES: ReadonlyMap<KeyExchangeKeyword, EcpCurve> = new Map<KeyExchangeKeyword, EcpCurve>([
  [
    'ecp256',
    {
      prime: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
      b: 0x5ac635d8_aa3a93e7_b3ebbd55_769886bc_651d06b0_cc53b0f6_3bce3c3e_27d2604bn,
      order: 0xffffffff_00000000_ffffffff_ffffffff_bce6faad_a7179e84_f3b9cac2_fc632551n,
      bytes: 32,
      node: 'prime256v1',
    },
  ],
  [
    'ecp384',
    {
      prime: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
      b: 0xb3312fa7_e23ee7e4_988e056b_e3f82d19_181d9c6e_fe814112_0314088f_5013875a_c656398d_8a2ed19d_2a85c8ed_d3ec2aefn,
      order:
        0xffffffff_ffffffff_ffffffff_ffffffff_ffffffff_ffffffff_c7634d81_f4372ddf_581a0db2_48b0a77a_ecec196a_ccc52973n,
      bytes: 48,
      node: 'secp384r1',
    },
  ],
  [
    'ecp521',
    {
      prime: 2n ** 521n - 1n,
      b: 0x0051_953eb961_8e1c9a1f_929a21a0_b68540ee_a2da725b_99b315f3_b8b48991_8ef109e1_56193951_ec7e937b_1652c0bd_3bb1bf07_3573df88_3d2c34f1_ef451fd4_6b503f00n,
      order:
        0x01ff_ffffffff_ffffffff_ffffffff_ffffffff_ffffffff_ffffffff_ffffffff_fffffffa_51868783_bf2f966b_7fcc0148_f709a5d0_3bb5c9b8_899c47ae_bb6fb71e_91386409n,
      bytes: 66,
      node: 'secp521r1',
    },
  ],
]);
