import { readFileSync } from 'node:fs';
import { fromHex } from '../../../base/bytes.ts';
import { decodeMessage, isList, isValue, type ViciElement, type ViciSection } from '../message.ts';
import { decodePacket, type ViciPacket } from '../packet.ts';
import { asText } from '../section.ts';

/** Test support: what charon 5.9.8 and swanctl have said to each other, as recorded by us; see the file. */
export function recordedPacket(name: string): ViciPacket {
  const hex = FRAMES[name];
  if (hex === undefined) throw new Error(`nothing was recorded as ${name}`);
  return decodePacket(fromHex(hex));
}

export function recordedMessage(name: string): ViciSection {
  return decodeMessage(recordedPacket(name).message);
}

export function recordedNames(): readonly string[] {
  return Object.keys(FRAMES);
}

/** A message as plain lists, in order and with texts in the place of bytes, so that it can be compared and read. */
export function plain(section: ViciSection): unknown[] {
  return [...section].map(([name, element]) => [name, plainElement(element)]);
}

function plainElement(element: ViciElement): unknown {
  if (isValue(element)) return asText(element);
  return isList(element) ? { list: element.map(asText) } : plain(element);
}

const FRAMES = (
  JSON.parse(readFileSync(new URL('./charon-5.9.8.json', import.meta.url), 'utf8')) as {
    readonly frames: Readonly<Record<string, string>>;
  }
).frames;
