import type { SharedKey } from './shared-keys.ts';
import { HIDDEN_KEY, KEY_IS_HIDDEN, pskText } from './shared-keys.ts';
import type { Section } from './swanctl-sections.ts';
import type { Remarks } from './written.ts';

export type SwanctlSecrets = {
  readonly keys: readonly SharedKey[];
  /** Post-quantum preshared keys (RFC 8784). */
  readonly ppks: readonly SharedKey[];
};

/** The keys in the section `secrets`; those of other kinds are noted and left out. */
export function swanctlSecrets(root: Section, remarks: Remarks): SwanctlSecrets {
  const sections = root.section('secrets')?.sections() ?? [];
  for (const { name } of sections)
    if (!isOf('ike')({ name }) && !isOf('ppk')({ name }))
      remarks.note(name.position, 'a secret that is neither ike nor ppk is not used here');
  return { keys: sections.filter(isOf('ike')).flatMap(keyOf), ppks: sections.filter(isOf('ppk')).flatMap(keyOf) };

  function keyOf(section: Section): SharedKey[] {
    const secret = section.get('secret');
    if (secret === undefined || secret.text === HIDDEN_KEY) {
      const [at, why] = secret === undefined ? [section.name, 'this section has no secret'] : [secret, KEY_IS_HIDDEN];
      remarks.refuse(at.position, why);
      return [];
    }
    const owners = section
      .settings()
      .flatMap(({ key, value }) => (key.text.startsWith('id') ? (value?.text ?? []) : []));
    return [{ owners, secret: { ...secret, text: secretText(secret.text) } }];
  }
}

function isOf(kind: string): (section: Pick<Section, 'name'>) => boolean {
  return ({ name }) => name.text.startsWith(kind);
}

/** swanctl reads 0x and 0s within quotes, too. */
function secretText(text: string): string {
  return /^0[xXsS]/.test(text) ? `${text.slice(0, 2).toLowerCase()}${text.slice(2)}` : pskText(text);
}
