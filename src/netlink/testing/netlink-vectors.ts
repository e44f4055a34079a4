import { readFileSync } from 'node:fs';
import { fromHex, toHex } from '../../base/bytes.ts';
import type { NetlinkMessage } from '../netlink.ts';
import { parseAttributes, parseMessages } from '../netlink.ts';

type Vector = { readonly command: string; readonly request: Uint8Array; readonly replies: readonly Uint8Array[] };

/** What `ip` sends for a command line, by the vector's name; see conformance/vectors/netlink/README.md. */
export function commandVector(name: string): Vector {
  const { vectors } = read('ip-commands.json') as {
    vectors: { name: string; command: string; request: string; replies?: string[] }[];
  };
  const found = vectors.find((vector) => vector.name === name);
  if (found === undefined) throw new RangeError(`no vector ${name}`);
  return { command: found.command, request: fromHex(found.request), replies: (found.replies ?? []).map(fromHex) };
}

/** Messages of a kernel with ESP, or the text that `ip` printed. */
export function kernelMessages(name: string): NetlinkMessage[] {
  const datagrams = (read('kernel-messages.json') as Record<string, string[]>)[name] ?? [];
  return datagrams.map(fromHex).flatMap(parseMessages);
}

export function printedByIp(command: string): string {
  return (read('kernel-messages.json') as Record<string, string>)[command] ?? '';
}

/** A request as its parts: message type, the structure after the header, attributes by type. All in hexadecimal. */
export function dissect(request: Uint8Array, structureBytes: number): Record<string, string> {
  const [message] = parseMessages(request);
  if (message === undefined) throw new RangeError('no message');
  const parts: Record<string, string> = {
    type: String(message.type),
    structure: toHex(message.payload.subarray(0, structureBytes)),
  };
  for (const [type, value] of parseAttributes(message.payload.subarray(structureBytes)))
    parts[`attribute ${type}`] = toHex(value);
  return parts;
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../conformance/vectors/netlink/${file}`, import.meta.url), 'utf8'));
}
