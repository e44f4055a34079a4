import { WireError } from '../../base/errors.ts';
import { isErrorNotify, NOTIFY, type NotifyName, type NotifyPayload } from './wire/notify.ts';
import type { Payload } from './wire/payload.ts';

type OfType<Type extends Payload['type']> = Extract<Payload, { readonly type: Type }>;

/**
 * The payload of a kind of which a message holds at most one, wherever it stands: RFC 7296 §2.5 lets no order matter.
 * @throws WireError where there are two.
 */
export function onlyPayload<Type extends Payload['type']>(
  payloads: readonly Payload[],
  type: Type,
): OfType<Type> | undefined {
  let found: OfType<Type> | undefined;
  for (const payload of payloads) {
    if (!isOfType(payload, type)) continue;
    if (found !== undefined) throw new WireError('syntax', type, 'more than one');
    found = payload;
  }
  return found;
}

/** @throws WireError where the payload is missing or doubled. */
export function requirePayload<Type extends Payload['type']>(payloads: readonly Payload[], type: Type): OfType<Type> {
  const found = onlyPayload(payloads, type);
  if (found === undefined) throw new WireError('syntax', type, 'missing');
  return found;
}

export function notifies(payloads: readonly Payload[]): NotifyPayload[] {
  return payloads.filter((payload): payload is NotifyPayload => payload.type === 'N');
}

export function findNotify(payloads: readonly Payload[], name: NotifyName): NotifyPayload | undefined {
  const notify = NOTIFY[name];
  for (const payload of payloads) if (payload.type === 'N' && payload.notify === notify) return payload;
  return undefined;
}

/** The first notify that reports an error: RFC 7296 §3.10.1, an unknown one means failure as well. */
export function findError(payloads: readonly Payload[]): NotifyPayload | undefined {
  return notifies(payloads).find((payload) => isErrorNotify(payload.notify));
}

/** The type of an unknown payload that must be understood (RFC 7296 §2.5), if there is one. */
export function unsupportedCritical(payloads: readonly Payload[]): number | undefined {
  for (const payload of payloads) if (payload.type === 'unknown' && payload.critical) return payload.payloadType;
  return undefined;
}

function isOfType<Type extends Payload['type']>(payload: Payload, type: Type): payload is OfType<Type> {
  return payload.type === type;
}
