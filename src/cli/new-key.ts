/** A new pre-shared key: letters and digits, which every vendor takes: more than 180 bits. */
export function newKey(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const key: string[] = [];
  while (key.length < KEY_LENGTH) {
    const [octet = 255] = crypto.getRandomValues(new Uint8Array(1));
    // Only a whole number of alphabets: otherwise some letters would come more often.
    const letter = octet < letters.length * 4 ? letters[octet % letters.length] : undefined;
    // What begins with 0x or 0s is a key in another notation, here and with others.
    if (letter !== undefined && (key.length > 0 || letter !== '0')) key.push(letter);
  }
  return key.join('');
}

const KEY_LENGTH = 32;
