import { WireError } from '../base/errors.ts';
import { errnoName, NativeError } from '../native/errno.ts';
import { NLMSG_DONE, NLMSG_ERROR } from './constants.ts';
import type { NetlinkMessage, NetlinkPort } from './netlink.ts';
import { parseError, parseMessages, withSequence } from './netlink.ts';

/** The kernel's answer: all messages before the closing one, or why there are none. */
export type Answer =
  | { readonly ok: true; readonly messages: readonly NetlinkMessage[] }
  /** `code` is an errno name; `detail` the kernel's own words, where it gave any. */
  | { readonly ok: false; readonly code: string; readonly detail?: string };

/** Numbers requests and turns every way of failing into a value. */
export class NetlinkClient {
  readonly #port: NetlinkPort;
  #sequence = 0;

  constructor(port: NetlinkPort) {
    this.#port = port;
  }

  request(message: Uint8Array): Answer {
    this.#sequence = (this.#sequence + 1) % 2 ** 32;
    try {
      return readAnswer(this.#port.request(withSequence(message, this.#sequence)));
    } catch (error) {
      if (error instanceof NativeError) return { ok: false, code: error.code };
      if (error instanceof WireError) return { ok: false, code: 'EBADMSG' };
      throw error;
    }
  }
}

/** What the messages of one type say; those that do not parse, or say nothing of use, are left out. */
export function contents<T>(answer: Answer, type: number, parse: (payload: Uint8Array) => T | undefined): T[] {
  if (!answer.ok) return [];
  return answer.messages
    .filter((message) => message.type === type)
    .flatMap(({ payload }) => {
      try {
        return parse(payload) ?? [];
      } catch (error) {
        if (error instanceof WireError) return [];
        throw error;
      }
    });
}

function readAnswer(datagrams: readonly Uint8Array[]): Answer {
  const messages: NetlinkMessage[] = [];
  for (const message of datagrams.flatMap(parseMessages)) {
    if (message.type !== NLMSG_ERROR && message.type !== NLMSG_DONE) {
      messages.push(message);
      continue;
    }
    const { errno, text } = parseError(message);
    if (errno === 0) return { ok: true, messages };
    return { ok: false, code: errnoName(errno), ...(text === undefined ? {} : { detail: text }) };
  }
  // The port promises a closing message; without one the outcome is unknown.
  return { ok: false, code: 'EBADMSG' };
}
