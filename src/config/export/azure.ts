import type { Device, Fitted } from './device.ts';
import { fit, renderedOf } from './device.ts';
import type { Rendered } from './rendered.ts';
import type { Keys } from './swanctl.ts';
import type { TunnelView } from './tunnel-view.ts';
import { addressText, seconds } from './tunnel-view.ts';

/*
 * Azure VPN Gateway, by PowerShell. Sources: Microsoft Learn, New-AzIpsecPolicy and IpsecPolicy (algorithms, groups),
 * New-AzIpsecTrafficSelectorPolicy, "About
 * cryptographic requirements and Azure VPN gateways" (fixed lifetime of stage 1, GCM and its integrity, one combination).
 */

// biome-ignore format: what is of one kind, one row
const AZURE: Device = {
  name: 'Azure',
  ike: {
    encryption: { '3des': 'DES3', aes128: 'AES128', aes192: 'AES192', aes256: 'AES256', aes128gcm16: 'GCMAES128', aes256gcm16: 'GCMAES256' },
    integrity: { md5: 'MD5', sha1: 'SHA1', sha256: 'SHA256', sha384: 'SHA384' },
    // Beside a GCM cipher, the integrity algorithm is that of the PRF.
    prf: { prfmd5: 'MD5', prfsha1: 'SHA1', prfsha256: 'SHA256', prfsha384: 'SHA384' },
    keyExchange: { modp768: 'DHGroup1', modp1024: 'DHGroup2', modp2048: 'DHGroup14', ecp256: 'ECP256', ecp384: 'ECP384', modp2048s256: 'DHGroup24' },
  },
  child: {
    encryption: { '3des': 'DES3', aes128: 'AES128', aes192: 'AES192', aes256: 'AES256', aes128gcm16: 'GCMAES128', aes192gcm16: 'GCMAES192', aes256gcm16: 'GCMAES256' },
    integrity: { md5: 'MD5', sha1: 'SHA1', sha256: 'SHA256' },
    keyExchange: { modp768: 'PFS1', modp1024: 'PFS2', modp2048: 'PFS2048', ecp256: 'ECP256', ecp384: 'ECP384', modp2048s256: 'PFS24' },
  },
  versions: [1, 2],
  aggressive: false,
  ah: false,
  ipv6: false,
  withoutPfs: true,
  identities: ['ipv4'],
  identityIsAddress: true,
  ikeLifetime: [28_800, 28_800],
  childLifetime: [300, 172_799],
  keys: { text: /^[\x21-\x7e]{1,128}$/, hex: false },
};

export function renderAzure(view: TunnelView, { psk }: Keys): Rendered {
  const fitted = fit(view, AZURE, psk);
  const notes = [
    'replace $group, $location and $gateway; the address of the gateway in Azure is that of the peer in Cygnet',
  ];
  return renderedOf(fitted, linesOf(view, fitted), notes);
}

/** PowerShell's quotes double within themselves. */
function quoted(text: string): string {
  return `'${text.replace(/'/g, "''")}'`;
}

function linesOf(view: TunnelView, { ike, child, childLifetime, psk }: Fitted): string[] {
  const name = quoted(`CYG-${view.name}`);
  const cipher = child.encryption ?? '<AH>';
  const list = (subnets: readonly string[]) => `@(${subnets.map(quoted).join(', ')})`;
  const [own, cygnet] = [list(view.local.subnets), list(view.remote.subnets)];
  return [
    '$policy = New-AzIpsecPolicy `',
    `  -IkeEncryption ${quoted(`${ike.encryption}`)} -IkeIntegrity ${quoted(`${ike.aead ? ike.prf : ike.integrity}`)} -DhGroup ${quoted(`${ike.keyExchange}`)} \``,
    `  -IpsecEncryption ${quoted(cipher)} -IpsecIntegrity ${quoted(child.aead ? cipher : `${child.integrity}`)} -PfsGroup ${quoted(child.keyExchange ?? 'None')} \``,
    `  -SALifeTimeSeconds ${childLifetime} -SADataSizeKilobytes 102400000`,
    `$selectors = New-AzIpsecTrafficSelectorPolicy -LocalAddressRange ${own} -RemoteAddressRange ${cygnet}`,
    '$local = New-AzLocalNetworkGateway -ResourceGroupName $group -Location $location `',
    `  -Name ${name} -GatewayIpAddress ${quoted(addressText(view.remote, ''))} -AddressPrefix ${cygnet}`,
    'New-AzVirtualNetworkGatewayConnection -ResourceGroupName $group -Location $location `',
    `  -Name ${name} -ConnectionType IPsec -ConnectionProtocol IKEv${view.version} \``,
    '  -VirtualNetworkGateway1 $gateway -LocalNetworkGateway2 $local `',
    `  -SharedKey ${quoted(psk)} -IpsecPolicies $policy -UsePolicyBasedTrafficSelectors $true -TrafficSelectorPolicy $selectors \``,
    `  -DpdTimeoutInSeconds ${Math.min(3600, Math.max(9, seconds(view.dpd.timeout)))}`,
  ];
}
