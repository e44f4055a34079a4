/** Keys with their values of one answer or event, by path: `list-sa gw-gw child-sas net-net state`. Lists are one value. */
export type Answer = ReadonlyMap<string, string>;

/** Parses what swanctl prints with --pretty: `list-sa event {`, then sections, values and lists over several lines. */
export function parsePretty(text: string): Answer[] {
  const answers: Map<string, string>[] = [];
  const open: string[] = [];
  for (const line of joinedLists(text).split('\n')) {
    const [, section, key, value = ''] = /^\s*(?:(.+) \{|\}|(\S+) = ?(.*))$/.exec(line) ?? [];
    if (section !== undefined) {
      if (open.length === 0) answers.push(new Map());
      open.push(sectionName(section));
    } else if (key !== undefined) answers.at(-1)?.set([...open, key].join(' '), value);
    else if (line.trim() === '}') open.pop();
  }
  return answers;
}

/** Each list on the line of its key. */
function joinedLists(text: string): string {
  return text.replace(
    /= \[\n([^\]]*)\]/g,
    (_, items: string) =>
      `= ${items
        .trim()
        .split(/\s*\n\s*/)
        .join(' ')}`,
  );
}

/** Names of Child SAs in lists end with their numbers, and those of answers with what they are. */
function sectionName(name: string): string {
  return name.replace(/ (event|reply)$/, '').replace(/-\d+$/, '');
}

/** The same answer as the other end would give it: what is local there is remote here, and what goes in comes out. */
export function mirroredAnswer(answer: Answer): Answer {
  return new Map([...answer].map(([path, value]) => [path.replace(CROSSED, crossed), value]));
}

const CROSSES: Readonly<Record<string, string>> = { local: 'remote', remote: 'local', in: 'out', out: 'in' };
/** As in `local-host`, `remote_addrs`, `spi-in` and, of counters, `ike-init-out-req`. */
const CROSSED = /\b(local|remote)(?=[-_ ]|$)|(?<=-)(in|out)(?=$|-req$|-resp$)/g;

function crossed(word: string): string {
  return CROSSES[word] ?? word;
}

/** What may differ between two answers: a part of paths (regular expression), and why. */
export type Meant = { readonly path: string; readonly why: string };
export type Meanings = {
  /** Keys that one of the daemons has alone. */
  readonly keys?: readonly Meant[];
  /** Values that are each daemon's own. */
  readonly values?: readonly Meant[];
  /** Lines for people that one of them has alone; their path is the line's form. */
  readonly lines?: readonly Meant[];
};

/** Where two answers differ and are not meant to, each difference in words. */
export function answerDifferences(ours: Answer, theirs: Answer, meant: Meanings): string[] {
  const paths = [...new Set([...ours.keys(), ...theirs.keys()])];
  return paths.flatMap((path) => {
    const [mine, yours] = [ours.get(path), theirs.get(path)];
    if (mine === undefined || yours === undefined) {
      if (isMeant(meant.keys, path)) return [];
      return [mine === undefined ? `only charon has ${path} = ${yours}` : `only Cygnet has ${path} = ${mine}`];
    }
    if (mine === yours || isMeant(meant.values, path)) return [];
    return [`${path} is ${mine}, with charon ${yours}`];
  });
}

/** Where the lines of two texts for people have different forms and are not meant to. */
export function lineDifferences([ours = '', theirs = '']: readonly string[], { lines = [] }: Meanings): string[] {
  const [mine, yours] = [ours, theirs].map((text) => lineForms(text).filter((line) => !isMeant(lines, line)));
  return mine?.join('\n') === yours?.join('\n')
    ? []
    : [`Cygnet's lines are ${JSON.stringify(mine)}, charon's ${JSON.stringify(yours)}`];
}

/** What only one of the two has, in whatever order and number: keys of events, forms of lines. */
export function setDifferences(ours: readonly string[], theirs: readonly string[], rows: readonly Meant[]): string[] {
  const alone = (these: readonly string[], those: readonly string[]) =>
    [...new Set(these)].filter((entry) => !those.includes(entry) && !isMeant(rows, entry));
  return [
    ...alone(ours, theirs).map((entry) => `only Cygnet has ${entry}`),
    ...alone(theirs, ours).map((entry) => `only charon has ${entry}`),
  ];
}

function isMeant(rows: readonly Meant[] = [], path: string): boolean {
  return rows.some((row) => new RegExp(row.path).test(path));
}

/** The keys of an answer that swanctl prints in one line, with --raw, in their order. */
export function rawKeys(line: string): string[] {
  const open: string[] = [];
  return [...line.matchAll(/(?:([^\s={}[\]]+(?: event| reply)?) \{)|(?:([^\s={}[\]]+)=)|\}/g)].flatMap(
    ([, section, key]) => {
      if (section !== undefined) open.push(sectionName(section));
      else if (key !== undefined) return [[...open, key].join(' ')];
      else open.pop();
      return [];
    },
  );
}

/** Lines without what differs from one daemon to the next: numbers, SPIs, addresses, words that time or place decide. */
export function lineForms(text: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .replace(/(?<![0-9a-z])[0-9a-f]{8,}(?![0-9a-z])/g, 'N')
        .replace(/\d+/g, 'N')
        .replace(/\b(second|minute|hour|day)s?\b/g, 'TIME')
        .replace(/\b[a-z]+\.example\.org\b/g, 'NAME')
        .replace(/^(N)?\[[A-Z]{3}\] .*/, '$1[GROUP] of the log')
        .replace(/\*/g, '')
        .trimEnd(),
    )
    .filter((line) => line !== '');
}
