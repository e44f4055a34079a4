export function isV6(address: string): boolean {
  return address.includes(':');
}

/** The address as a prefix of its full length. */
export function hostPrefix(address: string): string {
  return `${address}/${isV6(address) ? 128 : 32}`;
}

export function withoutLength(prefix: string): string {
  return prefix.replace(/\/.*/, '');
}
