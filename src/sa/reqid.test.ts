import { describe, expect, it } from 'vitest';
import { isOwnReqid, reqidAt } from './reqid.ts';

describe('reqids', () => {
  it.each([0, 1, 0xff_ffff, 0x100_0000, 2 ** 40])('the one numbered %i is known as ours', (n) => {
    expect(isOwnReqid(reqidAt(n))).toBe(true);
  });

  it('begin again at the end of the range', () => {
    expect(reqidAt(0x100_0000)).toBe(reqidAt(0));
  });

  it.each([0, 1, 16_389, 0x42ff_ffff, 0x4400_0000, 0xffff_ffff])("%i is somebody else's", (reqid) => {
    expect(isOwnReqid(reqid)).toBe(false);
  });
});
