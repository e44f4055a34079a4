import { parseSelector, type TrafficSelector } from '../sa/traffic-selector.ts';

/** What an end has for an address as long as it is not known. */
export const NOBODY = { 4: '0.0.0.0', 6: '::' } as const;

/** `dynamic`, which may be of one protocol and its ports: the end itself, whose address is not known before the tunnel is. */
export function parseDynamic(text: string): TrafficSelector | undefined {
  const [whole, upper = ''] = /^dynamic(\[.*\])?$/.exec(text) ?? [];
  return whole === undefined ? undefined : parseSelector(`${NOBODY[4]}/32${upper}`);
}

/** It still stands for an address. */
export function isUnknownHost({ start, end }: TrafficSelector): boolean {
  return start === end && (start === NOBODY[4] || start === NOBODY[6]);
}
