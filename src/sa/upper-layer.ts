/** The part of a traffic selector above the addresses: protocol 0 is any; ports 0..65535 are any, 65535..0 is OPAQUE. */
export type UpperLayer = { readonly protocol: number; readonly startPort: number; readonly endPort: number };

export type Ports = Pick<UpperLayer, 'startPort' | 'endPort'>;

/** RFC 4301 §4.4.1.1: of packets that show no ports. */
export const OPAQUE: Ports = { startPort: 65_535, endPort: 0 };

export const ANY_PORT: Ports = { startPort: 0, endPort: 65_535 };

export function isOpaque(ports: Ports): boolean {
  return ports.startPort === OPAQUE.startPort && ports.endPort === OPAQUE.endPort;
}

export function isAnyPort(ports: Ports): boolean {
  return ports.startPort === ANY_PORT.startPort && ports.endPort === ANY_PORT.endPort;
}

/**
 * What stands in brackets behind a segment, in strongSwan's notation: `tcp`, `tcp/80`, `udp/5000-5100`, `47`, `icmp/8` (a
 * type), `icmp/2048` (type and code, as in the port fields of RFC 7296 §3.13.1), `tcp/opaque`. Undefined where it is none
 * of these, or names a port of a protocol that has none.
 */
export function parseUpperLayer(text: string): UpperLayer | undefined {
  const [protocolText = '', portText, ...more] = text.split('/');
  const protocol = parseProtocol(protocolText);
  if (protocol === undefined || more.length > 0) return undefined;
  if (portText === undefined || ANY_WORDS.has(portText)) return { protocol, ...ANY_PORT };
  if (!WITH_PORTS.has(protocol)) return undefined;
  const ports = portText === 'opaque' ? OPAQUE : parsePorts(portText, TYPED.has(protocol));
  return ports === undefined ? undefined : { protocol, ...ports };
}

/** The reverse; empty where everything is meant. Equal for nothing but equals. */
export function formatUpperLayer(upper: UpperLayer): string {
  if (upper.protocol === 0 && isAnyPort(upper)) return '';
  const protocol = PROTOCOL_NAMES.get(upper.protocol) ?? String(upper.protocol);
  return `[${protocol}${TYPED.has(upper.protocol) ? formatTypes(upper) : formatPorts(upper)}]`;
}

const PROTOCOL_NAMES: ReadonlyMap<number, string> = new Map([
  [0, 'any'],
  [1, 'icmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [47, 'gre'],
  [58, 'ipv6-icmp'],
  [132, 'sctp'],
]);

/** Whatever people write for a protocol, by its number. */
const PROTOCOL_NUMBERS: ReadonlyMap<string, number> = new Map<string, number>([
  ...[...PROTOCOL_NAMES].map(([number, name]) => [name, number] as const),
  ['%any', 0],
  ['icmpv6', 58],
  ['ipip', 4],
  ['ipencap', 4],
  ['dccp', 33],
  ['ipv6', 41],
  ['esp', 50],
  ['ah', 51],
  ['eigrp', 88],
  ['ospf', 89],
  ['pim', 103],
  ['vrrp', 112],
  ['l2tp', 115],
  ['udplite', 136],
]);

/** Services that tunnels are made for, as /etc/services names them. */
const SERVICES: ReadonlyMap<string, number> = new Map([
  ['ftp', 21],
  ['ssh', 22],
  ['telnet', 23],
  ['smtp', 25],
  ['domain', 53],
  ['http', 80],
  ['ntp', 123],
  ['snmp', 161],
  ['bgp', 179],
  ['ldap', 389],
  ['https', 443],
  ['isakmp', 500],
  ['syslog', 514],
  ['l2tp', 1701],
  ['l2f', 1701],
  ['radius', 1812],
]);

const ANY_WORDS: ReadonlySet<string> = new Set(['any', '%any']);

/** TCP, UDP, DCCP, SCTP, UDP-Lite, and those whose packets have a type instead. */
const WITH_PORTS: ReadonlySet<number> = new Set([1, 6, 17, 33, 58, 132, 136]);

/** ICMP and ICMPv6: the type is the upper octet of a port field, the code the lower one. */
const TYPED: ReadonlySet<number> = new Set([1, 58]);

function parseProtocol(text: string): number | undefined {
  return PROTOCOL_NUMBERS.get(text) ?? parseNumber(text, 255);
}

function parsePorts(text: string, typed: boolean): Ports | undefined {
  const service = typed ? undefined : SERVICES.get(text);
  const [first = '', last = first, ...more] = service === undefined ? text.split('-') : [String(service)];
  const startPort = parsePort(first, typed, 0);
  const endPort = parsePort(last, typed, 0xff);
  if (startPort === undefined || endPort === undefined || more.length > 0) return undefined;
  return startPort <= endPort ? { startPort, endPort } : undefined;
}

/** Of ICMP, less than 256 is a type with all its codes, which `code` bounds; `0(3)` is one code of a low type. */
function parsePort(text: string, typed: boolean, code: number): number | undefined {
  const number = parseNumber(text, 65_535);
  if (!typed) return number;
  if (number !== undefined) return number < 256 ? number * 256 + code : number;
  const low = /^0\((\d{1,3})\)$/.exec(text)?.[1];
  return low === undefined ? undefined : parseNumber(low, 255);
}

function parseNumber(text: string, max: number): number | undefined {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= max ? Number(text) : undefined;
}

function formatPorts(ports: Ports): string {
  if (isAnyPort(ports)) return '';
  if (isOpaque(ports)) return '/opaque';
  return ports.startPort === ports.endPort ? `/${ports.startPort}` : `/${ports.startPort}-${ports.endPort}`;
}

function formatTypes(ports: Ports): string {
  if (isAnyPort(ports) || isOpaque(ports)) return formatPorts(ports);
  if (ports.startPort === ports.endPort) return `/${exactText(ports.startPort)}`;
  const [start, end] = [typeText(ports.startPort, 0), typeText(ports.endPort, 0xff)];
  // Of one type as a whole both ends read the same.
  return start === end ? `/${start}` : `/${start}-${end}`;
}

function typeText(port: number, code: number): string {
  return (port & 0xff) === code ? String(port >> 8) : exactText(port);
}

function exactText(port: number): string {
  return port < 256 ? `0(${port})` : String(port);
}
