import { nearestWord } from '../../base/nearest.ts';
import type { Configuration, Tunnel } from '../configuration.ts';
import { renderAws } from './aws.ts';
import { renderAzure } from './azure.ts';
import { renderCiscoAsa } from './cisco-asa.ts';
import { renderCiscoIos } from './cisco-ios.ts';
import { renderFortigate } from './fortigate.ts';
import { renderHuawei } from './huawei.ts';
import { renderIpsecConf, renderIpsecSecrets } from './ipsec-conf.ts';
import { renderJuniperSrx } from './juniper-srx.ts';
import { keyText } from './key-text.ts';
import { renderLibreswan } from './libreswan.ts';
import { renderMikrotik } from './mikrotik.ts';
import { renderPaloalto } from './paloalto.ts';
import { renderJson, renderParameters } from './parameters.ts';
import type { Rendered } from './rendered.ts';
import type { Keys } from './swanctl.ts';
import { renderSwanctl } from './swanctl.ts';
import type { TunnelView } from './tunnel-view.ts';
import { addressText, hasServices, otherEnd, ownView } from './tunnel-view.ts';
import { renderVyos } from './vyos.ts';

type Speciality = keyof typeof SPECIALITIES;

/** What a tunnel may ask for and a format may have no words for, with what is said then. */
const SPECIALITIES = {
  services: { isAsked: hasServices, text: 'segments of one protocol or of ports' },
  transport: { isAsked: ({ childMode }: TunnelView) => childMode === 'transport', text: 'transport mode' },
} as const;

/** One format of export: everything about it derives from here. */
type Format = {
  readonly name: string;
  /** What it is for. */
  readonly title: string;
  /** What it has words for that many devices have none for. */
  readonly says?: readonly Speciality[];
  /** What begins a comment of one line; empty where there are none. */
  readonly comment: string;
  /** A pure function of the device's own view of the tunnel. */
  readonly render: (view: TunnelView, keys: Keys) => Rendered;
};

// biome-ignore format: one format, one row
export const EXPORT_FORMATS: readonly Format[] = [
  { name: 'ipsec.conf', title: 'strongSwan: ipsec.conf', says: ['services', 'transport'], comment: '#', render: renderIpsecConf },
  { name: 'ipsec.secrets', title: 'strongSwan: ipsec.secrets, the key of ipsec.conf', says: ['services', 'transport'], comment: '#', render: renderIpsecSecrets },
  { name: 'swanctl', title: 'strongSwan: swanctl.conf', says: ['services', 'transport'], comment: '#', render: renderSwanctl },
  { name: 'libreswan', title: 'libreswan: ipsec.conf', says: ['transport'], comment: '#', render: renderLibreswan },
  { name: 'cisco-ios', title: 'Cisco IOS', comment: '!', render: renderCiscoIos },
  { name: 'cisco-asa', title: 'Cisco ASA', comment: '!', render: renderCiscoAsa },
  { name: 'juniper-srx', title: 'Juniper SRX (Junos)', comment: '#', render: renderJuniperSrx },
  { name: 'fortigate', title: 'FortiGate (FortiOS)', comment: '#', render: renderFortigate },
  { name: 'paloalto', title: 'Palo Alto (PAN-OS)', comment: '#', render: renderPaloalto },
  { name: 'mikrotik', title: 'MikroTik (RouterOS)', comment: '#', render: renderMikrotik },
  { name: 'vyos', title: 'VyOS', comment: '#', render: renderVyos },
  { name: 'huawei', title: 'Huawei', comment: '#', render: renderHuawei },
  { name: 'aws', title: 'AWS Site-to-Site VPN', comment: '#', render: renderAws },
  { name: 'azure', title: 'Azure VPN Gateway', comment: '#', render: renderAzure },
  { name: 'parameters', title: 'What to enter in a console', says: ['services', 'transport'], comment: '#', render: renderParameters },
  { name: 'json', title: 'The same for programs', says: ['services', 'transport'], comment: '', render: renderJson },
];

export type Exported = {
  readonly format: string;
  readonly text: string;
  /** What the device cannot do, which the text says as well. */
  readonly obstacles: readonly string[];
};

/** The configuration of the device at the other end of a tunnel; a sentence where there is no such format. */
export function exportTunnel(
  tunnel: Tunnel,
  { gateways }: Pick<Configuration, 'gateways'>,
  options: { readonly format: string; readonly reveal: boolean },
): Exported | string {
  const format = EXPORT_FORMATS.find(({ name }) => name === options.format);
  if (format === undefined) return unknownFormat(options.format);
  const gateway = gateways.find(({ name }) => name === tunnel.policy.gateway);
  if (tunnel.policy.many !== undefined)
    return `${tunnel.name} is for many peers, each with a configuration of its own: export that of one which is there`;
  const view = otherEnd(ownView(tunnel, gateway));
  return unsayable(view, format) ?? renderView(view, format, options.reveal);
}

/** A file that says something else, or less, would let other traffic through than is meant: there is none then. */
function unsayable(view: TunnelView, { title, says = [] }: Format): string | undefined {
  const wanted = (Object.keys(SPECIALITIES) as Speciality[]).filter((one) => SPECIALITIES[one].isAsked(view));
  const [missing] = wanted.filter((one) => !says.includes(one));
  if (missing === undefined) return undefined;
  const able = EXPORT_FORMATS.filter((format) => wanted.every((one) => format.says?.includes(one)));
  return `${title} cannot be written for ${SPECIALITIES[missing].text}; ${able.map(({ name }) => name).join(', ')} can`;
}

/** The text of a device's own view of a tunnel. */
export function renderView(view: TunnelView, format: Format, reveal: boolean): Exported {
  const keys = { psk: keyText(view.psk, reveal), ...(view.ppk && { ppk: keyText(view.ppk.secret, reveal) }) };
  const { obstacles, notes, lines } = format.render(view, keys);
  const place = addressText(view.local, 'the peer');
  const head = [
    `${format.title}, for ${place}: its end of tunnel ${view.name}, made by cygnet export`,
    ...obstacles.map((sentence) => `CANNOT WORK AS IT IS: ${sentence}`),
    ...notes.map((sentence) => `note: ${sentence}`),
  ];
  const comments = format.comment === '' ? [] : head.map((line) => `${format.comment} ${line}`);
  const text = [...comments, ...lines].map((line) => `${line}\n`).join('');
  return { format: format.name, text, obstacles };
}

function unknownFormat(name: string): string {
  const names = EXPORT_FORMATS.map((format) => format.name);
  const nearest = name.length > MAX_NAME ? undefined : nearestWord(name, names);
  return `there is no format ${JSON.stringify(name.slice(0, MAX_NAME))}; ${
    nearest === undefined ? `there are ${names.join(', ')}` : `did you mean ${nearest}?`
  }`;
}

const MAX_NAME = 64;
