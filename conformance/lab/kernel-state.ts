import { normalSpi } from './gateway.ts';
import { must } from './shell.ts';

/** One SA of `ip -s xfrm state`. */
export type KernelSa = {
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  readonly spi: string;
  readonly packets: number;
  /** Algorithm lines with their keys, as iproute2 prints them. */
  readonly algorithms: string;
  /** Words such as `esn`, separated by blanks. */
  readonly flags: string;
};

export async function kernelSas(namespace: string): Promise<KernelSa[]> {
  return parseSas(await must(['ip', '-n', namespace, '-s', 'xfrm', 'state']));
}

/** Parses `ip -s xfrm state`. Larval SAs (SPI allocated, nothing negotiated) are not SAs yet and are left out. */
export function parseSas(text: string): KernelSa[] {
  return text
    .split(/^(?=src )/m)
    .map(parseSa)
    .filter((sa) => sa !== undefined);
}

/** Policies of `ip xfrm policy` that a gateway put there; a socket's own bypass dies with the socket. */
export async function kernelPolicies(namespace: string): Promise<string[]> {
  return parsePolicies(await must(['ip', '-n', namespace, 'xfrm', 'policy']));
}

export function parsePolicies(text: string): string[] {
  return text
    .split(/^(?=src )/m)
    .map((entry) => entry.trim().replace(/\s+/g, ' '))
    .filter((entry) => entry !== '' && !/ socket (in|out|fwd) /.test(entry));
}

/** A policy that sends traffic through an SA, in contrast to one that blocks. */
export function isProtecting(policy: string): boolean {
  return / tmpl /.test(policy);
}

/** Routes of all tables that some program added; the kernel's own come and go with addresses and links. */
export async function routes(namespace: string): Promise<string[]> {
  const families = await ofBothFamilies(namespace, ['route', 'show', 'table', 'all']);
  return families.flat().filter((line) => !line.includes(' proto kernel '));
}

/** What gateways change of a namespace beside SAs and policies: routes, rules that choose among tables, links. */
export async function networkOf(namespace: string): Promise<string[]> {
  const [everyRoute, rules, links] = await Promise.all([
    routes(namespace),
    ofBothFamilies(namespace, ['rule', 'show']),
    must(['ip', '-n', namespace, '-br', 'link', 'show']),
  ]);
  const [v4 = [], v6 = []] = rules;
  return [
    ...everyRoute,
    ...v4.map((rule) => `IPv4 rule ${rule}`),
    ...v6.map((rule) => `IPv6 rule ${rule}`),
    ...linesOf(links).map((link) => `link ${link.split(' ')[0]}`),
  ];
}

async function ofBothFamilies(namespace: string, command: readonly string[]): Promise<string[][]> {
  const texts = await Promise.all(['-4', '-6'].map((family) => must(['ip', '-n', namespace, family, ...command])));
  return texts.map(linesOf);
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function parseSa(entry: string): KernelSa | undefined {
  const head = /^src (\S+) dst (\S+)[\s\S]*?proto (\S+) spi (0x[0-9a-f]+)/.exec(entry);
  const algorithms = entry.match(/^\s+(auth-trunc|auth|enc|aead) .*/gm);
  if (head === null || algorithms === null) return undefined;
  const [, source = '', destination = '', protocol = '', spi = ''] = head;
  const current = /lifetime current:\s+\d+\(bytes\), (\d+)\(packets\)/.exec(entry);
  return {
    source,
    destination,
    protocol,
    spi: normalSpi(spi),
    packets: Number(current?.[1] ?? 0),
    flags: /\sflag (.*?)( \(0x[0-9a-f]+\))?$/m.exec(entry)?.[1] ?? '',
    algorithms: algorithms.map((line) => line.trim().replace(/ \(\d+ bits\)/g, '')).join('; '),
  };
}
