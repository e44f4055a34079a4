import { basename } from 'node:path';

/** What a configuration is written in. */
export type Language = 'yaml' | 'ipsec.conf' | 'swanctl.conf';

/** By the name of the file, and by its contents where the name leaves it open. */
export function languageOf(path: string, text: string): Language {
  const name = basename(path);
  if (/\.(ya?ml|json)$/.test(name)) return 'yaml';
  if (name.includes('swanctl')) return 'swanctl.conf';
  if (/^(conn[\t ]|config[\t ]+setup\b|ca[\t ])/m.test(text)) return 'ipsec.conf';
  if (/^[\t ]*(connections|secrets)[\t ]*(:[^\n{]*)?\{/m.test(text)) return 'swanctl.conf';
  return /^ipsec\b.*\.conf$/.test(name) ? 'ipsec.conf' : 'yaml';
}
