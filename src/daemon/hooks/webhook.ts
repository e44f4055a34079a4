import { createHmac } from 'node:crypto';
import type { Secret } from '../../base/secret.ts';
import type { HookMessage } from './message.ts';
import type { Outcome } from './program.ts';

export const SIGNATURE_HEADER = 'x-cygnet-signature';

/** Sends a message by POST; any answer of 2xx means that it has arrived. Nobody is followed elsewhere. */
export async function postMessage(
  { url, secret }: { readonly url: string; readonly secret?: Secret },
  message: HookMessage,
  { timeout, stop }: { readonly timeout: number; readonly stop: AbortSignal },
): Promise<Outcome> {
  const body = JSON.stringify(message);
  const signature = secret === undefined ? {} : { [SIGNATURE_HEADER]: signatureOf(secret, body) };
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'cygnet', ...signature },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeout)]),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `it answers with status ${response.status}`;
  } catch (error) {
    return failureText(error, timeout);
  }
}

/** HMAC-SHA256 of the body, in the form that others use as well: `sha256=` and hexadecimal digits. */
function signatureOf(secret: Secret, body: string): string {
  return `sha256=${createHmac('sha256', secret.expose()).update(body).digest('hex')}`;
}

function failureText(error: unknown, timeout: number): string {
  if (!(error instanceof Error)) return 'it cannot be reached';
  if (error.name === 'TimeoutError') return `it does not answer within ${timeout / 1_000} s`;
  const cause = error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : error.name;
  return `it cannot be reached (${cause})`;
}
