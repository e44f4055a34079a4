import type { Device, Fitted } from './device.ts';
import { fit, renderedOf } from './device.ts';
import type { Rendered } from './rendered.ts';
import { whereTrue } from './rendered.ts';
import { numberedGroups } from './suite.ts';
import type { Keys } from './swanctl.ts';
import type { TunnelView } from './tunnel-view.ts';
import { addressText, seconds } from './tunnel-view.ts';

/*
 * AWS Site-to-Site VPN, by its command line. Sources: Amazon EC2 API Reference, VpnTunnelOptionsSpecification (algorithms,
 * groups, lifetimes, characters of keys), AWS Site-to-Site VPN User Guide, "Tunnel options" and "Requirements for your
 * customer gateway device" (PFS, main mode, one pair of SAs).
 */

// biome-ignore format: a list of words
const GROUPS = ['modp1024', 'modp2048', 'modp3072', 'modp4096', 'modp6144', 'modp8192', 'ecp256', 'ecp384', 'ecp521', 'modp2048s256'] as const;
const CIPHERS = { aes128: 'AES128', aes256: 'AES256', aes128gcm16: 'AES128-GCM-16', aes256gcm16: 'AES256-GCM-16' };
const HASHES = { sha1: 'SHA1', sha256: 'SHA2-256', sha384: 'SHA2-384', sha512: 'SHA2-512' };

const AWS: Device = {
  name: 'AWS',
  ike: {
    encryption: CIPHERS,
    integrity: HASHES,
    // Beside a GCM cipher, the integrity algorithm is that of the PRF.
    prf: { prfsha1: 'SHA1', prfsha256: 'SHA2-256', prfsha384: 'SHA2-384', prfsha512: 'SHA2-512' },
    keyExchange: numberedGroups(GROUPS, String),
  },
  child: {
    encryption: CIPHERS,
    integrity: HASHES,
    keyExchange: numberedGroups([...GROUPS, 'modp1536'], String),
  },
  versions: [1, 2],
  aggressive: false,
  ah: false,
  ipv6: false,
  withoutPfs: false,
  identities: ['ipv4'],
  identityIsAddress: true,
  ikeLifetime: [900, 28_800],
  childLifetime: [900, 3_600],
  keys: { text: /^[A-Za-z1-9._][A-Za-z0-9._]{7,63}$/, hex: false },
  onePair: true,
};

export function renderAws(view: TunnelView, { psk }: Keys): Rendered {
  const fitted = fit(view, AWS, psk);
  const notes = [
    'replace <vgw-id>; AWS gives two tunnels with addresses of its own: both belong to Cygnet as tunnels, the first with the address of this peer',
    ...whereTrue([
      view.version === 1,
      'AWS begins an IKE SA itself with IKEv2 only: with IKEv1, Cygnet has to (start: initiate)',
    ]),
  ];
  return renderedOf(fitted, linesOf(view, fitted), notes);
}

function linesOf(view: TunnelView, fitted: Fitted): string[] {
  const cygnet = addressText(view.remote, '');
  const [pair] = fitted.pairs;
  // AWS calls the side of the customer local, and its own remote.
  const networks = { LocalIpv4NetworkCidr: pair?.remote, RemoteIpv4NetworkCidr: pair?.local };
  const options = { StaticRoutesOnly: true, ...networks, TunnelOptions: [tunnelOptions(view, fitted)] };
  return [
    `aws ec2 create-customer-gateway --type ipsec.1 --ip-address ${cygnet} --bgp-asn 65000`,
    'aws ec2 create-vpn-connection --type ipsec.1 --customer-gateway-id <cgw-id> --vpn-gateway-id <vgw-id> --options \\',
    ...`'${JSON.stringify(options, null, 2)}'`.split('\n'),
    ...view.remote.subnets.map(
      (subnet) => `aws ec2 create-vpn-connection-route --vpn-connection-id <vpn-id> --destination-cidr-block ${subnet}`,
    ),
  ];
}

function tunnelOptions(view: TunnelView, { ike, child, ikeLifetime, childLifetime, psk }: Fitted): object {
  const one = (value: string | undefined) => [{ Value: value }];
  const number = (text: string | undefined) => [{ Value: /^\d+$/.test(text ?? '') ? Number(text) : text }];
  return {
    PreSharedKey: psk,
    IKEVersions: one(`ikev${view.version}`),
    Phase1EncryptionAlgorithms: one(ike.encryption),
    Phase1IntegrityAlgorithms: one(ike.aead ? ike.prf : ike.integrity),
    Phase1DHGroupNumbers: number(ike.keyExchange),
    Phase1LifetimeSeconds: ikeLifetime,
    Phase2EncryptionAlgorithms: one(child.encryption ?? '<AH>'),
    Phase2IntegrityAlgorithms: one(child.aead ? (ike.aead ? ike.prf : ike.integrity) : child.integrity),
    Phase2DHGroupNumbers: number(child.keyExchange ?? '<none>'),
    Phase2LifetimeSeconds: childLifetime,
    DPDTimeoutSeconds: Math.max(30, seconds(view.dpd.timeout)),
    DPDTimeoutAction: view.dpd.action === 'restart' ? 'restart' : 'clear',
    StartupAction: view.start === 'initiate' && view.version === 2 ? 'start' : 'add',
  };
}
