import { describe, expect, it } from 'vitest';
import { diffShunts } from './diff-shunts.ts';
import { loadText } from './testing/load-text.ts';

const SHUNTS = {
  office: '{action: bypass, local: [10.0.0.0/16], remote: [10.0.0.0/8]}',
  mail: '{action: block, local: [10.0.9.0/24], remote: ["0.0.0.0/0[tcp/25]"]}',
};

function configuration(shunts: Readonly<Record<string, string>>) {
  const lines = Object.entries(shunts).map(([name, shunt]) => `  ${name}: ${shunt}\n`);
  return loadText(`version: 1\nshunts:\n${lines.join('')}`);
}

describe('what a new configuration means for shunts', () => {
  it('nothing where they do the same, whatever their order, remarks and spelling', () => {
    const { office, mail } = SHUNTS;
    const again = { mail: mail.replace('}', ', remarks: infected}').replace('tcp', '6'), office };
    expect(diffShunts(configuration(SHUNTS), configuration(again))).toEqual([]);
  });

  it.each([
    ['action: block', 'action: bypass'],
    ['10.0.9.0/24', '10.0.8.0/24'],
    ['tcp/25', 'tcp/26'],
    ['"]}', '"], priority: 3}'],
    ['"]}', '"], precedence: last}'],
    ['"]}', '"], mark: {out: 3}}'],
  ])('%s becomes %s', (from, to) => {
    const changed = { ...SHUNTS, mail: SHUNTS.mail.replace(from, to) };
    expect(diffShunts(configuration(SHUNTS), configuration(changed))).toEqual([{ shunt: 'mail', change: 'changed' }]);
  });

  it('those that come and go', () => {
    const { office, mail } = SHUNTS;
    expect(diffShunts(configuration({ office }), configuration({ post: mail }))).toEqual([
      { shunt: 'post', change: 'added' },
      { shunt: 'office', change: 'removed' },
    ]);
  });
});
