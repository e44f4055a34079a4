import type { Diagnosis } from '../../../src/tunnel/diagnosis/diagnosis.ts';
import type { CygnetGateway } from '../cygnet-gateway.ts';
import type { Lab } from '../lab.ts';
import { poll } from '../poll.ts';
import type { Expectation } from '../scenario.ts';
import { differences } from './contains.ts';

/** What `cygnet diagnose` says, to programs and to people. */
export async function expectDiagnosis(
  lab: Lab,
  { on, contains, says }: Extract<Expectation, { readonly expect: 'diagnosis' }>,
): Promise<void> {
  const cygnet = lab.cygnet(on);
  const diagnosis = await poll(async () => {
    const seen = await cygnet.diagnosis();
    const different = differences(seen, contains);
    const story = `${seen.code}: ${seen.evidence.join(' | ')}`;
    return different.length === 0 ? { value: seen } : { unmet: `cygnet diagnose: ${different.join('; ')} (${story})` };
  });
  const { stdout } = await cygnet.command(['diagnose', cygnet.tunnel]);
  lab.record(`$ cygnet diagnose ${cygnet.tunnel}\n${stdout}\n`);
  const { verdict, fixHere, fixThere, code, role, evidence } = diagnosis;
  for (const words of [verdict, fixHere, fixThere, ...says]) {
    if (!stdout.includes(words)) throw new Error(`cygnet diagnose says nothing like "${words}": ${stdout}`);
  }
  if (role !== null && evidence.length === 0) throw new Error(`nothing was seen for ${code}`);
  for (const place of diagnosis.configuration) expectPlace(cygnet, place);
}

/** The key stands on that line, or the object that it belongs to. */
function expectPlace(cygnet: CygnetGateway, place: Diagnosis['configuration'][number]): void {
  const { key, written, line } = place;
  const words = key.split('.');
  const word = written ? words.at(-1) : words[1];
  const text = cygnet.configurationLine(line);
  // A list begins on the line of its key in the form in which the lab writes.
  if (word === undefined || !text.includes(`"${word}"`)) throw new Error(`line ${line} is not that of ${key}: ${text}`);
}
