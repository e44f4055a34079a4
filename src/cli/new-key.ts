/** A new pre-shared key: letters and digits, which every vendor takes: more than 180 bits. */
export function newKey(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const key: string[] = [];
  while (key.length < KEY_LENGTH) {
    const [octet = 255] = crypto.getRandomValues(new Uint8Array(1));
    // Only a whole number of alphabets: otherwise some letters would come more often.
    if (octet < letters.length * 4) key.push(letters[octet % letters.length] ?? '');
  }
  return key.join('');
}

const KEY_LENGTH = 32;
