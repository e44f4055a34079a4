import type { DataPlaneFailure } from '../sa/data-plane.ts';
import type { Answer } from './netlink-client.ts';

/** `answer` as the failure of `operation`. */
export function refused(
  operation: string,
  answer: Extract<Answer, { ok: false }>,
  algorithm?: string,
): { readonly ok: false; readonly failure: DataPlaneFailure } {
  const { code, detail } = answer;
  return {
    ok: false,
    failure: {
      operation,
      ...(algorithm === undefined ? {} : { algorithm }),
      code,
      ...(detail === undefined ? {} : { detail }),
    },
  };
}
