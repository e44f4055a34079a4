import { readFileSync } from 'node:fs';
import { nearestWord } from '../base/nearest.ts';

/**
 * The number of a group that is given by name or number. Names are those of /etc/group (group(5)); one that only a
 * directory service knows is given by its number. Throws an Error in plain words.
 */
export function groupNumber(text: string, file = '/etc/group'): number {
  if (/^\d{1,10}$/.test(text) && Number(text) <= MAX_GROUP) return Number(text);
  const groups = new Map(
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .flatMap(([name = '', , number = '']): [string, number][] =>
        /^\d+$/.test(number) ? [[name, Number(number)]] : [],
      ),
  );
  const found = groups.get(text);
  if (found !== undefined) return found;
  const nearest = nearestWord(text, groups.keys());
  const hint = nearest === undefined ? `make it with: groupadd --system ${text}` : `did you mean ${nearest}?`;
  throw new Error(`there is no group ${JSON.stringify(text)} in ${file}; ${hint}`);
}

/** The highest number means that nothing is to be changed (chown(2)). */
const MAX_GROUP = 0xffff_fffe;
