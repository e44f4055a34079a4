import type { ForeignFiles } from './foreign-files.ts';
import type { SharedKey } from './shared-keys.ts';
import { HIDDEN_KEY, KEY_IS_HIDDEN, pskText } from './shared-keys.ts';
import type { Remarks, Written } from './written.ts';
import { behind } from './written.ts';

/** Reads an ipsec.secrets with all that it includes; keys of other kinds than PSK are noted and left out. */
export function readIpsecSecrets(path: Written, files: ForeignFiles, remarks: Remarks): SharedKey[] {
  const text = files.read(path);
  return text === undefined ? [] : keysOf(path.text, text, { files, remarks });
}

type Context = { readonly files: ForeignFiles; readonly remarks: Remarks };

function keysOf(file: string, text: string, context: Context): SharedKey[] {
  context.files.warnWhereOpen(file);
  return text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim();
    const column = line.indexOf(trimmed) + 1;
    return readLine({ text: trimmed, position: { file, line: index + 1, column } }, context);
  });
}

function readLine(line: Written, { files, remarks }: Context): SharedKey[] {
  const { text, position } = line;
  if (text === '' || text.startsWith('#')) return [];
  if (text.startsWith('//')) {
    remarks.note(position, '// begins no comment in this file; the line is ignored');
    return [];
  }
  const include = /^include[\t ]+(.+)$/.exec(text)?.[1];
  if (include !== undefined)
    return [...files.included({ text: include, position })].flatMap(({ file, text: included }) =>
      keysOf(file, included, { files, remarks }),
    );
  const entry = /^(?:(.*?)[\t ]+)?:[\t ]+([A-Za-z0-9]+)[\t ]+(.+)$/.exec(text);
  if (entry === null) {
    remarks.refuse(position, 'this line is no key; write OWNERS : PSK "text"');
    return [];
  }
  const [, owners = '', type = '', secret = ''] = entry;
  if (type.toUpperCase() !== 'PSK') {
    remarks.note(position, 'a key that is not a pre-shared one (PSK) is not used here');
    return [];
  }
  const written = { text: secret, position: behind(line, text.length - secret.length) };
  const key = readSecret(written, remarks);
  return key === undefined ? [] : [{ owners: ownersOf(owners), secret: { ...written, text: key } }];
}

function ownersOf(text: string): string[] {
  return text.split(/[\t ]+/).filter((owner) => owner !== '');
}

/** In quotes of either kind a key is text and nothing else. No refusal quotes it. */
function readSecret(written: Written, remarks: Remarks): string | undefined {
  const key = readQuoted(written, remarks);
  if (key !== HIDDEN_KEY) return key;
  remarks.refuse(written.position, KEY_IS_HIDDEN);
  return undefined;
}

function readQuoted({ text, position }: Written, remarks: Remarks): string | undefined {
  const quote = text.startsWith('"') || text.startsWith("'") ? text.slice(0, 1) : undefined;
  if (quote === undefined) {
    const [word = ''] = text.split(/[\t ]/);
    return /^0[xXsS]./.test(word) ? `${word.slice(0, 2).toLowerCase()}${word.slice(2)}` : pskText(word);
  }
  const end = text.indexOf(quote, 1);
  if (end >= 0) return pskText(text.slice(1, end));
  remarks.refuse(position, 'the closing quote is missing');
  return undefined;
}
