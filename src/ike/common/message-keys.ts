import type { EncryptionKeyword, IntegrityKeyword } from '../../crypto/algorithms.ts';

/**
 * What the messages of an IKE SA are read with: for the operator who asks for it, to look into a capture, and for
 * nobody else. Neither the Child SAs' keys nor what they come from are in it.
 */
export type MessageKeys =
  | {
      readonly version: 1;
      /** Lower-case hexadecimal, 16 digits. */
      readonly initiatorSpi: string;
      readonly encryptionKey: Uint8Array;
    }
  | {
      readonly version: 2;
      readonly initiatorSpi: string;
      readonly responderSpi: string;
      readonly encryption: EncryptionKeyword;
      /** Absent with a combined-mode cipher. */
      readonly integrity?: IntegrityKeyword;
      readonly skEi: Uint8Array;
      readonly skEr: Uint8Array;
      readonly skAi: Uint8Array;
      readonly skAr: Uint8Array;
    };
