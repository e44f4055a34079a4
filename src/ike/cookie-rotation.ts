import { MINUTE } from '../base/time.ts';
import type { CoreState } from './core-state.ts';
import type { Run } from './run.ts';
import { COOKIE_KEY_BYTES, type CookieSecrets, rotateCookieSecrets } from './v2/cookie.ts';

/** RFC 7296 §2.6: often enough that a cookie is worth little to whoever collects them. */
const COOKIE_ROTATION = MINUTE;

/** The secrets to make and check cookies with now. */
export function freshCookies(run: Run, state: CoreState): CookieSecrets {
  if (run.now.mono - state.cookiesSince >= COOKIE_ROTATION) {
    state.cookies = rotateCookieSecrets(state.cookies, run.entropy.bytes(COOKIE_KEY_BYTES));
    state.cookiesSince = run.now.mono;
  }
  return state.cookies;
}
