import { type CarriedChild, normalSpi } from './gateway.ts';

/** An IKE SA of `swanctl --list-sas --raw`, with the Child SAs that belong to it. */
export type StrongswanIkeSa = {
  /** strongSwan's word: CONNECTING, ESTABLISHED, REKEYING, DELETING ... */
  readonly state: string;
  readonly initiatorSpi: string;
  readonly responderSpi: string;
  readonly children: readonly StrongswanChildSa[];
};

export type StrongswanChildSa = CarriedChild & {
  /** The configured one that it is of. */
  readonly name: string;
  /** INSTALLED while it carries traffic; REKEYED where only what is under way may still come in through it. */
  readonly state: string;
};

/** Parses `swanctl --list-sas --raw`: one event for each IKE SA, `list-sa event {name {key=value ... child-sas {...}}}`. */
export function parseListSas(text: string): StrongswanIkeSa[] {
  return [...text.matchAll(/^list-sa event \{(.*)\}\s*$/gm)]
    .flatMap(([, sections = '']) => Object.values(parseSections(sections)))
    .map((ike) => ({
      state: textOf(ike, 'state'),
      initiatorSpi: textOf(ike, 'initiator-spi'),
      responderSpi: textOf(ike, 'responder-spi'),
      children: Object.values(sectionsOf(ike['child-sas'])).map((child) => ({
        name: textOf(child, 'name'),
        state: textOf(child, 'state'),
        spiIn: normalSpi(textOf(child, 'spi-in')),
        spiOut: normalSpi(textOf(child, 'spi-out')),
        protocol: textOf(child, 'protocol').toLowerCase(),
        packetsIn: Number(textOf(child, 'packets-in')),
        packetsOut: Number(textOf(child, 'packets-out')),
      })),
    }));
}

type Parsed = { [key: string]: string | Parsed };

/** Sections `name {...}`, values `key=value` and lists `key=[a b]`, separated by blanks. */
function parseSections(text: string): { readonly [name: string]: Parsed } {
  const root: Parsed = {};
  const open: Parsed[] = [root];
  for (const [, name, key, value] of text.matchAll(/(?:([^\s={}]+) \{)|(?:([^\s={}]+)=(\[[^\]]*\]|[^\s{}]*))|\}/g)) {
    const [current = root] = open.slice(-1);
    if (name !== undefined) {
      const section: Parsed = {};
      current[name] = section;
      open.push(section);
    } else if (key !== undefined) current[key] = value ?? '';
    else open.pop();
  }
  return sectionsOf(root);
}

function sectionsOf(parsed: string | Parsed | undefined): { readonly [name: string]: Parsed } {
  if (typeof parsed !== 'object') return {};
  const entries = Object.entries(parsed).filter((entry): entry is [string, Parsed] => typeof entry[1] === 'object');
  return Object.fromEntries(entries);
}

function textOf(section: Parsed, key: string): string {
  const value = section[key];
  return typeof value === 'string' ? value : '';
}
