import type { EncryptionKeyword } from '../../../crypto/algorithms.ts';
import { encryptionAlgorithm } from '../../../crypto/algorithms.ts';
import type { Arena } from '../../../native/arena.ts';
import { keyedContext } from './native-context.ts';
import type { NativeCrypto } from './native-crypto.ts';
import { AAD, LENGTH, NONCE, TAG, TAG_BYTES } from './native-crypto.ts';
import type { Opener, Sealer } from './protection.ts';
import { ESP_HEADER_BYTES, MINIMUM_ALIGNMENT } from './protection.ts';

/** What both directions of GCM (RFC 4106) and ChaCha20-Poly1305 (RFC 7634) have in common. */
class NativeAead {
  readonly ivBytes = IV_BYTES;
  readonly alignment = MINIMUM_ALIGNMENT;
  readonly icvBytes = TAG_BYTES;
  protected readonly native: NativeCrypto;
  protected context: number;
  readonly #salt: number;
  readonly #esn: boolean;

  constructor(native: NativeCrypto, keyword: EncryptionKeyword, keyAndSalt: Uint8Array, esn: boolean, encrypt: 0 | 1) {
    const { keyBits, saltBytes, ivBytes, aeadIcvBytes } = encryptionAlgorithm(keyword);
    const keyBytes = keyBits / 8;
    if (saltBytes !== SALT_BYTES || ivBytes !== IV_BYTES || aeadIcvBytes !== TAG_BYTES)
      throw new RangeError(`${keyword} has another nonce or tag`);
    if (keyAndSalt.length !== keyBytes + SALT_BYTES) throw new RangeError(`${keyword} has a key of another length`);
    this.native = native;
    this.#esn = esn;
    this.#salt = new DataView(keyAndSalt.buffer, keyAndSalt.byteOffset).getInt32(keyBytes);
    this.context = keyedContext(native, keyword, keyAndSalt.subarray(0, keyBytes), encrypt);
  }

  close(): void {
    if (this.context !== 0) this.native.lib.freeContext(this.context);
    this.context = 0;
  }

  /** The nonce: salt and IV. */
  protected putNonce({ view }: Arena, at: number): number {
    const { scratch } = this.native;
    scratch.view.setInt32(NONCE, this.#salt);
    scratch.view.setInt32(NONCE + 4, view.getInt32(at + ESP_HEADER_BYTES));
    scratch.view.setInt32(NONCE + 8, view.getInt32(at + ESP_HEADER_BYTES + 4));
    return scratch.address + NONCE;
  }

  /** The AAD: the ESP header, with the whole sequence number where the SA has ESN (RFC 4106 §5). */
  protected feedAad({ view, address }: Arena, at: number, high: number): boolean {
    const { lib, scratch } = this.native;
    if (!this.#esn) return lib.cipher(this.context, 0, address + at, ESP_HEADER_BYTES) === ESP_HEADER_BYTES;
    scratch.view.setInt32(AAD, view.getInt32(at));
    scratch.view.setInt32(AAD + 4, high);
    scratch.view.setInt32(AAD + 8, view.getInt32(at + 4));
    return lib.cipher(this.context, 0, scratch.address + AAD, ESN_AAD_BYTES) === ESN_AAD_BYTES;
  }
}

/** The IV is the sequence number, which is never used twice. */
export class NativeAeadSealer extends NativeAead implements Sealer {
  constructor(native: NativeCrypto, keyword: EncryptionKeyword, keyAndSalt: Uint8Array, esn: boolean) {
    super(native, keyword, keyAndSalt, esn, 1);
  }

  seal(arena: Arena, at: number, textLength: number, high: number): boolean {
    const { lib, scratch, tagParameter } = this.native;
    const { context } = this;
    const textAt = at + ESP_HEADER_BYTES + IV_BYTES;
    const text = arena.address + textAt;
    arena.view.setInt32(at + ESP_HEADER_BYTES, high);
    arena.view.setInt32(at + ESP_HEADER_BYTES + 4, arena.view.getInt32(at + 4));
    const done =
      lib.initCipher(context, 0, 0, this.putNonce(arena, at), 1, 0) === 1 &&
      this.feedAad(arena, at, high) &&
      lib.cipher(context, text, text, textLength) === textLength &&
      lib.finish(context, text, scratch.address + LENGTH) === 1 &&
      lib.getParameters(context, tagParameter) === 1;
    if (done) copyTag(scratch.view, TAG, arena.view, textAt + textLength);
    return done;
  }
}

export class NativeAeadOpener extends NativeAead implements Opener {
  constructor(native: NativeCrypto, keyword: EncryptionKeyword, keyAndSalt: Uint8Array, esn: boolean) {
    super(native, keyword, keyAndSalt, esn, 0);
  }

  open(arena: Arena, at: number, textLength: number, high: number): boolean {
    const { lib, scratch, tagParameter } = this.native;
    const { context } = this;
    const textAt = at + ESP_HEADER_BYTES + IV_BYTES;
    const text = arena.address + textAt;
    copyTag(arena.view, textAt + textLength, scratch.view, TAG);
    return (
      lib.initCipher(context, 0, 0, this.putNonce(arena, at), 0, tagParameter) === 1 &&
      this.feedAad(arena, at, high) &&
      lib.cipher(context, text, text, textLength) === textLength &&
      lib.finish(context, text, scratch.address + LENGTH) === 1
    );
  }
}

function copyTag(from: DataView, fromAt: number, to: DataView, toAt: number): void {
  for (let at = 0; at < TAG_BYTES; at += 4) to.setInt32(toAt + at, from.getInt32(fromAt + at));
}

const SALT_BYTES = 4;
const IV_BYTES = 8;
const ESN_AAD_BYTES = 12;
