import { WireError } from '../../base/errors.ts';
import type { NotifyPayload } from './wire/notify.ts';
import { isErrorNotify, NOTIFY } from './wire/notify.ts';
import type { PayloadV1 } from './wire/payload.ts';

type OfType<Type extends PayloadV1['type']> = Extract<PayloadV1, { readonly type: Type }>;

export function payloadsOf<Type extends PayloadV1['type']>(payloads: readonly PayloadV1[], type: Type): OfType<Type>[] {
  return payloads.filter((payload): payload is OfType<Type> => payload.type === type);
}

/** The payload of a kind of which a message holds at most one. @throws WireError where there are two. */
export function onlyPayload<Type extends PayloadV1['type']>(
  payloads: readonly PayloadV1[],
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
export function requirePayload<Type extends PayloadV1['type']>(
  payloads: readonly PayloadV1[],
  type: Type,
): OfType<Type> {
  const found = onlyPayload(payloads, type);
  if (found === undefined) throw new WireError('syntax', type, 'missing');
  return found;
}

export function findNotify(payloads: readonly PayloadV1[], name: keyof typeof NOTIFY): NotifyPayload | undefined {
  const notify = NOTIFY[name];
  for (const payload of payloads) if (payload.type === 'N' && payload.notify === notify) return payload;
  return undefined;
}

/** The first notify that reports an error. */
export function findError(payloads: readonly PayloadV1[]): NotifyPayload | undefined {
  return payloadsOf(payloads, 'N').find((payload) => isErrorNotify(payload.notify));
}

function isOfType<Type extends PayloadV1['type']>(payload: PayloadV1, type: Type): payload is OfType<Type> {
  return payload.type === type;
}
