import { describe, expect, it } from 'vitest';
import { fromHex, utf8 } from '../base/bytes.ts';
import { readPreSharedKey } from './psk.ts';
import { Refusal } from './scalars.ts';
import { memoryHost } from './testing/memory-host.ts';

const host = memoryHost(
  {
    '/etc/keys/a': 'from-a-file\r\n',
    '/etc/two-lines': 'one\ntwo\n',
    '/etc/empty': '\n',
    '/etc/shared.open': 'key',
    '/run/credentials/idc': '0x0102\n',
  },
  { CREDENTIALS_DIRECTORY: '/run/credentials', THE_KEY: 'from-the-environment', EMPTY: '' },
);

const read = (raw: Parameters<typeof readPreSharedKey>[0]) => {
  const key = readPreSharedKey(raw, '/etc', host);
  return key instanceof Refusal ? key.sentence : [key.source, key.secret.expose()];
};

describe('readPreSharedKey', () => {
  it('text, hexadecimal and base64 in place', () => {
    expect(read('test.1231')).toEqual(['inline', utf8('test.1231')]);
    expect(read('0x00Ff10')).toEqual(['inline', fromHex('00ff10')]);
    expect(read('0sAQID')).toEqual(['inline', fromHex('010203')]);
    expect(read('0sAQ==')).toEqual(['inline', fromHex('01')]);
    expect(read('x'.repeat(128))).toEqual(['inline', utf8('x'.repeat(128))]);
  });

  it('a file, a credential, a variable', () => {
    expect(read({ file: 'keys/a' })).toEqual(['file', utf8('from-a-file')]);
    expect(read({ file: '/etc/keys/a' })).toEqual(['file', utf8('from-a-file')]);
    expect(read({ credential: 'idc' })).toEqual(['credential', fromHex('0102')]);
    expect(read({ env: 'THE_KEY' })).toEqual(['env', utf8('from-the-environment')]);
  });

  it.each([
    [{ file: 'two-lines' }, 'contains a blank, which a key must not'],
    [{ file: 'empty' }, 'has no value; a key has 1 to 128 characters'],
    [{ file: 'shared.open' }, 'others may read /etc/shared.open; run chmod 600 /etc/shared.open'],
    [{ file: 'none' }, '/etc/none cannot be read: there is no such file'],
    [{ credential: '../idc' }, 'this is no name of a credential'],
    [{ credential: '..' }, 'this is no name of a credential'],
    [{ credential: 'none' }, '/run/credentials/none cannot be read: there is no such file'],
    [{ env: 'EMPTY' }, 'has no value; a key has 1 to 128 characters'],
    [{ env: 'NONE' }, 'the environment variable NONE is not set'],
    [{}, 'name one of file, credential and env'],
    ['\u007f', 'contains a character that is not printable ASCII, which a key must not'],
    ['a"b', 'contains a quote, which a key must not'],
    ['0sA', 'begins with 0s, but is not base64'],
    [`0x${'00'.repeat(129)}`, 'has 129 bytes; a key has 1 to 128'],
  ])('%j is refused', (raw, sentence) => {
    expect(read(raw)).toBe(sentence);
  });
});
