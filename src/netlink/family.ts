import type { AddressFamily } from '../base/net.ts';
import { AF_INET, AF_INET6 } from './constants.ts';

export function familyNumber(family: AddressFamily): number {
  return family === 4 ? AF_INET : AF_INET6;
}

/** Undefined for AF_UNSPEC and the rest. */
export function readFamily(number: number): AddressFamily | undefined {
  return FAMILIES[number];
}

const FAMILIES: Readonly<Record<number, AddressFamily | undefined>> = { [AF_INET]: 4, [AF_INET6]: 6 };
