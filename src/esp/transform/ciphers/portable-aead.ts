import type { EncryptionKeyword } from '../../../crypto/algorithms.ts';
import { encryptionAlgorithm } from '../../../crypto/algorithms.ts';
import { openAead, sealAead } from '../../../crypto/cipher.ts';
import type { Arena } from '../../../native/arena.ts';
import type { Opener, Sealer } from './protection.ts';
import { ESP_HEADER_BYTES, MINIMUM_ALIGNMENT } from './protection.ts';

/** A combined-mode cipher by src/crypto: the same as the native one, slower, and it allocates. */
class PortableAead {
  readonly ivBytes: number;
  readonly alignment = MINIMUM_ALIGNMENT;
  readonly icvBytes: number;
  protected readonly keyword: EncryptionKeyword;
  protected readonly keyAndSalt: Uint8Array;
  readonly #esn: boolean;

  constructor(keyword: EncryptionKeyword, keyAndSalt: Uint8Array, esn: boolean) {
    const { keyBits, saltBytes, ivBytes, aeadIcvBytes } = encryptionAlgorithm(keyword);
    if (aeadIcvBytes === undefined) throw new RangeError(`${keyword} is no combined-mode cipher`);
    if (keyAndSalt.length !== keyBits / 8 + saltBytes) throw new RangeError(`${keyword} has a key of another length`);
    this.ivBytes = ivBytes;
    this.icvBytes = aeadIcvBytes;
    this.keyword = keyword;
    this.keyAndSalt = keyAndSalt.slice();
    this.#esn = esn;
  }

  close(): void {
    this.keyAndSalt.fill(0);
  }

  protected iv({ bytes }: Arena, at: number): Uint8Array {
    return bytes.subarray(at + ESP_HEADER_BYTES, at + ESP_HEADER_BYTES + this.ivBytes);
  }

  protected aad({ bytes, view }: Arena, at: number, high: number): Uint8Array {
    if (!this.#esn) return bytes.subarray(at, at + ESP_HEADER_BYTES);
    const aad = new DataView(new ArrayBuffer(12));
    aad.setInt32(0, view.getInt32(at));
    aad.setInt32(4, high);
    aad.setInt32(8, view.getInt32(at + 4));
    return new Uint8Array(aad.buffer);
  }
}

export class PortableAeadSealer extends PortableAead implements Sealer {
  seal(arena: Arena, at: number, textLength: number, high: number): boolean {
    const { bytes, view } = arena;
    const textAt = at + ESP_HEADER_BYTES + this.ivBytes;
    view.setInt32(at + ESP_HEADER_BYTES, high);
    view.setInt32(at + ESP_HEADER_BYTES + 4, view.getInt32(at + 4));
    const text = bytes.subarray(textAt, textAt + textLength);
    bytes.set(sealAead(this.keyword, this.keyAndSalt, this.iv(arena, at), this.aad(arena, at, high), text), textAt);
    return true;
  }
}

export class PortableAeadOpener extends PortableAead implements Opener {
  open(arena: Arena, at: number, textLength: number, high: number): boolean {
    const { bytes } = arena;
    const textAt = at + ESP_HEADER_BYTES + this.ivBytes;
    const sealed = bytes.subarray(textAt, textAt + textLength + this.icvBytes);
    const text = openAead(this.keyword, this.keyAndSalt, this.iv(arena, at), this.aad(arena, at, high), sealed);
    if (text === undefined) return false;
    bytes.set(text, textAt);
    return true;
  }
}
