import { ByteWriter, concatBytes } from '../../base/bytes.ts';
import { WireError } from '../../base/errors.ts';

/** Bytes of a payload, which both sides keep to. */
export const MAX_PAYLOAD = 512 * 1024;

const HEADER = 4;

/** @throws RangeError where the payload is too long */
export function encodeFrame(payload: Uint8Array): Uint8Array {
  if (payload.length > MAX_PAYLOAD) throw new RangeError(`a vici payload of ${payload.length} bytes`);
  return new ByteWriter().u32(payload.length).bytes(payload).finish();
}

/** Puts the payloads of frames together from pieces of a stream; holds no more than one frame. */
export class FrameReader {
  #pieces: Uint8Array[] = [];
  #have = 0;

  /** The payloads that are complete with this piece, in order. @throws WireError where a frame is too long */
  *read(piece: Uint8Array): Generator<Uint8Array> {
    this.#pieces.push(piece);
    this.#have += piece.length;
    for (let payload = this.#next(); payload !== undefined; payload = this.#next()) yield payload;
  }

  #next(): Uint8Array | undefined {
    if (this.#have < HEADER) return undefined;
    const head = this.#gather(HEADER);
    const length = new DataView(head.buffer, head.byteOffset, HEADER).getUint32(0);
    // Before anything of it is waited for.
    if (length > MAX_PAYLOAD) throw new WireError('limit', 'vici.frame', `${length} bytes`);
    if (this.#have < HEADER + length) return undefined;
    const all = this.#gather(HEADER + length);
    this.#pieces = all.length === HEADER + length ? [] : [all.subarray(HEADER + length)];
    this.#have -= HEADER + length;
    return all.subarray(HEADER, HEADER + length);
  }

  /** At least so many bytes in one piece, all of them once a frame is complete. */
  #gather(count: number): Uint8Array {
    const [first] = this.#pieces;
    if (first !== undefined && first.length >= count) return first;
    const all = concatBytes(...this.#pieces);
    this.#pieces = [all];
    return all;
  }
}
