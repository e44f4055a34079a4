/**
 * The reqids that Cygnet gives: a range of its own ("C" in ASCII, then 24 bits), so that its SAs are known in a kernel
 * among those of other programs, which count from 1.
 */
const FIRST = 0x4300_0000;
const COUNT = 0x0100_0000;

/** The n-th reqid, n from 0; they begin again after sixteen million. */
export function reqidAt(n: number): number {
  return FIRST + (n % COUNT);
}

export function isOwnReqid(reqid: number): boolean {
  return reqid >= FIRST && reqid < FIRST + COUNT;
}
