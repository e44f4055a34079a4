import type { Lab } from '../lab.ts';
import { heardBy } from '../listeners.ts';
import { poll } from '../poll.ts';
import type { Expectation } from '../scenario.ts';
import type { Outcome } from '../shell.ts';
import {
  type Answer,
  answerDifferences,
  lineDifferences,
  lineForms,
  type Meanings,
  mirroredAnswer,
  parsePretty,
  rawKeys,
  setDifferences,
} from '../vici-answers.ts';

type ExpectationOf<Kind extends Expectation['expect']> = Extract<Expectation, { readonly expect: Kind }>;

/** The same question to both daemons, in the three forms that swanctl has for answers. */
export async function expectPrintedAlike(lab: Lab, { of, meant = {} }: ExpectationOf<'printed-alike'>): Promise<void> {
  const both = (...form: string[]) =>
    Promise.all((['a', 'b'] as const).map((side) => lab.swanctl(side).swanctl.ask(...of, ...form)));
  // Counters and states of the two need not be of the same moment.
  await poll(async () => {
    const outcomes = [await both(), await both('--raw'), await both('--pretty')];
    const [lines = [], raw = [], pretty = []] = outcomes.map((pair) => pair.map(said));
    const [ours = [], theirs = []] = pretty.map(parsePretty);
    const [ourKeys = [], theirKeys = []] = raw.map(rawKeys);
    const different = [
      ...outcomes.flatMap(statusDifferences),
      ...lineDifferences(lines, meant),
      ...answersDifferences(ours, theirs.map(mirroredAnswer), meant),
      ...setDifferences(ourKeys, theirs.length === 0 ? [] : mirroredKeys(theirKeys), meant.keys ?? []),
    ];
    if (lines[0] === '' && raw[0] === '') return { unmet: `swanctl ${of.join(' ')} prints nothing` };
    if (different.length === 0) return { value: true };
    lab.record(`swanctl ${of.join(' ')}\n${[...lines, ...pretty].join('\n')}\n`);
    return { unmet: `swanctl ${of.join(' ')}: ${different.join('; ')}` };
  }, 15_000);
}

export async function expectAskedAlike(lab: Lab, { of, meant = {} }: ExpectationOf<'asked-alike'>): Promise<void> {
  const words = of.join(' ');
  const outcomes = (['a', 'b'] as const).flatMap((side) => lab.asked.get(side)?.get(words) ?? []);
  if (outcomes.length !== 2 || outcomes.some((outcome) => said(outcome) === ''))
    throw new Error(`swanctl ${words} was not asked at both ends, or has printed nothing`);
  // How much there is to log is each daemon's own.
  const lines = outcomes.map((outcome) => withoutRepetitions(said(outcome)));
  const different = [...statusDifferences(outcomes), ...lineDifferences(lines, meant)];
  if (different.length > 0) throw new Error(`swanctl ${words}: ${different.join('; ')}`);
}

/** What it prints, and what it says of errors. */
function said({ stdout, stderr }: Outcome): string {
  return stdout + stderr;
}

function statusDifferences([ours, theirs]: readonly Outcome[]): string[] {
  return ours?.status === theirs?.status ? [] : [`exit status ${ours?.status}, with charon ${theirs?.status}`];
}

export async function expectHeardAlike(lab: Lab, { meant = {} }: ExpectationOf<'heard-alike'>): Promise<void> {
  const heard = await heardBy(lab.listeners);
  lab.listeners = [];
  const of = (words: string) => [heard.get(`a ${words}`) ?? '', heard.get(`b ${words}`) ?? ''] as const;
  const silent = [...heard].filter(([, text]) => text === '').map(([who]) => who);
  if (silent.length > 0) throw new Error(`nothing was heard by ${silent.join(', ')}`);
  const keysAlone = (words: string) => {
    const [ours = [], theirs = []] = of(words).map(parsePretty);
    return setDifferences(keysOf(ours), keysOf(theirs.map(mirroredAnswer)), meant.keys ?? []);
  };
  const different = [
    ...keysAlone('--monitor-sa --pretty'),
    ...keysAlone('--log --pretty'),
    ...linesAlone(of('--monitor-sa'), meant),
    // What swanctl writes last is cut where it is interrupted.
    ...linesAlone(
      of('--log').map((text) => text.replace(/^(?!\d+\[).*$/gm, '')),
      meant,
    ),
  ];
  if (different.length > 0) throw new Error(`swanctl hears ${different.join('; ')}`);
}

function answersDifferences(
  ours: readonly Answer[],
  theirs: readonly Answer[],
  meant: ExpectationOf<'printed-alike'>['meant'] = {},
): string[] {
  if (ours.length !== theirs.length) return [`${ours.length} answers, with charon ${theirs.length}`];
  return ours.flatMap((answer, index) => answerDifferences(answer, theirs[index] ?? new Map(), meant));
}

function mirroredKeys(keys: readonly string[]): string[] {
  return [...mirroredAnswer(new Map(keys.map((key) => [key, '']))).keys()];
}

function linesAlone([ours = '', theirs = '']: readonly string[], { lines = [] }: Meanings): string[] {
  return setDifferences(lineForms(ours), lineForms(theirs), lines);
}

/** Of all events together; the first word of a path is the event's name. */
function keysOf(events: readonly Answer[]): string[] {
  return events.flatMap((event) => [...event.keys()]);
}

/** Of several lines of one form in a row, the first. */
function withoutRepetitions(text: string): string {
  const lines = text.split('\n');
  const forms = lines.map((line) => lineForms(line)[0] ?? '');
  return lines.filter((_, index) => forms[index] !== forms[index - 1]).join('\n');
}
