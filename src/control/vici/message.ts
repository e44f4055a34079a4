import { ByteReader, ByteWriter } from '../../base/bytes.ts';
import { WireError } from '../../base/errors.ts';

/**
 * A vici message: a tree of sections, values and lists, in the order in which they stand. Maps, as the names come from
 * outside. Values are bytes on the wire; what is received stays so, as some of it is secret or no text at all.
 */
export type ViciSection = ReadonlyMap<string, ViciElement>;
export type ViciElement = ViciValue | readonly ViciValue[] | ViciSection;
/** A text is for sending, in UTF-8; what is decoded is always bytes. */
export type ViciValue = string | Uint8Array;

/** Sections within sections: swanctl.conf needs four. */
const MAX_DEPTH = 16;
/** Elements of one message: each costs memory of ours far beyond its few bytes. */
const MAX_ELEMENTS = 65_536;
const MAX_NAME = 255;
const MAX_VALUE = 65_535;

const SECTION_START = 1;
const SECTION_END = 2;
const KEY_VALUE = 3;
const LIST_START = 4;
const LIST_ITEM = 5;
const LIST_END = 6;

/** @throws RangeError where a name or a value is longer than its length field can say */
export function encodeMessage(message: ViciSection): Uint8Array {
  const writer = new ByteWriter();
  writeSection(writer, message);
  return writer.finish();
}

/**
 * What is in a name only once must be there only once: which of two values counts would be up to the reader.
 * @throws WireError
 */
export function decodeMessage(bytes: Uint8Array): ViciSection {
  const reading: Reading = { reader: new ByteReader(bytes), parents: [], section: new Map(), elements: 0 };
  const root = reading.section;
  while (reading.reader.remaining > 0) readElement(reading);
  if (reading.parents.length > 0) throw new WireError('syntax', 'vici.section', 'it has no end');
  return root;
}

type Reading = {
  readonly reader: ByteReader;
  /** Of the section that is open, outermost first. */
  readonly parents: Open[];
  section: Open;
  elements: number;
};

function readElement(reading: Reading): void {
  countElement(reading);
  const { reader, section } = reading;
  const type = reader.u8('vici.type');
  switch (type) {
    case SECTION_START:
      return openSection(reading, readName(reader));
    case SECTION_END:
      return closeSection(reading);
    case KEY_VALUE:
      return void addNew(section, readName(reader), readValue(reader));
    case LIST_START:
      return readList(reading, addNew(section, readName(reader), []));
    default:
      throw new WireError('syntax', 'vici.type', `an element of type ${type} here`);
  }
}

function openSection(reading: Reading, name: string): void {
  if (reading.parents.length >= MAX_DEPTH) throw new WireError('limit', 'vici.depth');
  reading.parents.push(reading.section);
  reading.section = addNew(reading.section, name, new Map());
}

function closeSection(reading: Reading): void {
  const parent = reading.parents.pop();
  if (parent === undefined) throw new WireError('syntax', 'vici.section', 'it ends without having begun');
  reading.section = parent;
}

function readList(reading: Reading, items: ViciValue[]): void {
  const { reader } = reading;
  for (let type = reader.u8('vici.list'); type !== LIST_END; type = reader.u8('vici.list')) {
    if (type !== LIST_ITEM) throw new WireError('syntax', 'vici.list', `an element of type ${type} in a list`);
    countElement(reading);
    items.push(readValue(reader));
  }
}

function countElement(reading: Reading): void {
  reading.elements += 1;
  if (reading.elements > MAX_ELEMENTS) throw new WireError('limit', 'vici.elements');
}

type Open = Map<string, ViciElement>;

function addNew<Element extends ViciElement>(section: Open, name: string, element: Element): Element {
  if (section.has(name)) throw new WireError('value', 'vici.name', 'the same name twice');
  section.set(name, element);
  return element;
}

function readName(reader: ByteReader): string {
  return decodeText(reader.bytes(reader.u8('vici.name'), 'vici.name'));
}

/** A copy, so that what is kept of a message does not keep all of it. */
function readValue(reader: ByteReader): Uint8Array {
  return reader.bytes(reader.u16('vici.value'), 'vici.value').slice();
}

const utf8Decoder = new TextDecoder('utf-8', { fatal: true });

function decodeText(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    throw new WireError('value', 'vici.name', 'not UTF-8');
  }
}

function writeSection(writer: ByteWriter, section: ViciSection): void {
  for (const [name, element] of section) {
    if (isValue(element)) writeValue(writeName(writer.u8(KEY_VALUE), name), element);
    else if (isList(element)) {
      writeName(writer.u8(LIST_START), name);
      for (const item of element) writeValue(writer.u8(LIST_ITEM), item);
      writer.u8(LIST_END);
    } else {
      writeName(writer.u8(SECTION_START), name);
      writeSection(writer, element);
      writer.u8(SECTION_END);
    }
  }
}

function writeName(writer: ByteWriter, name: string): ByteWriter {
  const bytes = utf8Bytes(name);
  if (bytes.length > MAX_NAME) throw new RangeError('a name of more than 255 bytes');
  return writer.u8(bytes.length).bytes(bytes);
}

function writeValue(writer: ByteWriter, value: ViciValue): void {
  const bytes = typeof value === 'string' ? utf8Bytes(value) : value;
  if (bytes.length > MAX_VALUE) throw new RangeError('a value of more than 65535 bytes');
  writer.u16(bytes.length).bytes(bytes);
}

const utf8Encoder = new TextEncoder();

function utf8Bytes(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}

export function isValue(element: ViciElement): element is ViciValue {
  return typeof element === 'string' || element instanceof Uint8Array;
}

export function isList(element: ViciElement): element is readonly ViciValue[] {
  return Array.isArray(element);
}
