/** A configuration without errors; the numbers on the right are those of the lines. */
export const GOOD = `version: 1                                          # 1
gateways:                                           # 2
  gw1: {address: 192.0.2.1, vpc: [10.0.0.0/16]}     # 3
  gw-nat: {address: 192.0.2.2, publicAddress: 198.51.100.2}
peers:                                              # 5
  idc: {address: 203.0.113.7}                       # 6
  any: {address: 0.0.0.0}                           # 7
tunnels:                                            # 8
  idc:                                              # 9
    gateway: gw1                                    # 10
    peer: idc                                       # 11
    local: {subnets: [10.0.1.0/24, 10.0.2.0/24]}    # 12
    remote: {subnets: [10.23.0.0/16]}               # 13
    psk: secret                                     # 14
    ike: {version: 2, encryption: aes128}           # 15
    ipsec: {protocol: esp}                          # 16
    dpd: {delay: 8s}                                # 17
  road:                                             # 18
    gateway: gw1                                    # 19
    peer: any                                       # 20
    local: {subnets: [10.0.1.0/24]}                 # 21
    remote: {id: 10.9.9.9, subnets: [10.24.0.0/16]} # 22
    psk: secret                                     # 23
`;

/**
 * Edits of it that must be refused: what is replaced (several places are separated by a NUL), by what, and every
 * error that must come of it, as `line:column message`, in this order.
 */
// biome-ignore format: one configuration, one row
export const BAD: readonly (readonly [replace: string, by: string, ...errors: string[]])[] = [
  ['    peer: idc  ', '\tpeer: idc  ', '11:1 a tab stands in the indentation; use blanks'],
  ['    peer: idc  ', '   peer: idc  ', '11:4 the indentation is wrong, or a closing bracket is missing before this'],
  ['    peer: idc  ', '     peer: idc  ', '11:6 the indentation is wrong, or a closing bracket is missing before this'],
  ['{subnets: [10.23.0.0/16]}', '{subnets: [10.23.0.0/16}', '13:36 the indentation is wrong, or a closing bracket is missing before this'],
  ['{subnets: [10.23.0.0/16]} ', '{subnets: [10.23.0.0/16] ', '14:5 the indentation is wrong, or a closing bracket is missing before this'],
  ['psk: secret                                     # 14', 'psk: "secret', '14:10 a closing quote or bracket, or a separating comma or colon, is missing'],
  ['psk: secret                                     # 14', 'psk: a: b', '14:10 a mapping begins within a value; check the indentation, or quote a value that contains ": "'],
  ['psk: secret                                     # 14', 'psk: @secret', '14:10 a value that starts with @ must be quoted'],
  ['psk: secret                                     # 14', 'psk: *secret', '14:10 no anchor has this name; a value that starts with * must be quoted'],
  ['psk: secret                                     # 14', 'psk: !secret x', '14:10 tags are not used here; a value that starts with ! must be quoted'],
  ['psk: secret                                     # 14', 'psk: &secret', '14:5 tunnels.idc.psk: has no value; a key has 1 to 128 characters'],
  ['psk: secret                                     # 14', 'psk: {secret}', '14:11 tunnels.idc.psk: unknown key; known are file, credential, env; a key that starts with { must be quoted'],
  ['psk: secret                                     # 14', 'psk: [secret]', '14:10 tunnels.idc.psk: must be one value'],
  ['peers:     ', '---\npeers:     ', '5:1 a file holds one document only; remove the line ---'],
  ['    peer: idc  ', '    peer: idc\n    peer: any  ', '11:5 "peer" is there twice: again at /etc/cygnet.yaml:12:5', '12:5 "peer" is there twice: first at /etc/cygnet.yaml:11:5'],
  ['  any: {address: 0.0.0.0} ', '  idc: {address: 0.0.0.0} ', '6:3 "idc" is there twice: again at /etc/cygnet.yaml:7:3', '7:3 "idc" is there twice: first at /etc/cygnet.yaml:6:3'],
  ['peers:     ', '__proto__: {}\npeers:     ', '5:1 unknown key "__proto__"'],
  ['peers:     ', '? [a]\n: b\npeers:     ', '5:3 a key must be a single word'],
  ['version: 1  ', 'versoin: 1  ', '1:1 versoin: unknown key; did you mean version?'],
  ['version: 1  ', 'version: 2  ', '1:10 version: "2" is not one of 1'],
  ['version: 1  ', 'version:    ', '1:1 version: has no value'],
  ['    peer: idc  ', '    peeer: idc  ', '9:3 tunnels.idc.peer: is required', '11:5 tunnels.idc.peeer: unknown key; did you mean peer?'],
  ['{version: 2, encryption: aes128}', '{version: 2, cipher: aes128}', '15:23 tunnels.idc.ike.cipher: unknown key; known are version, mode, encryption, authentication, dhGroup, proposals, lifetime, reauthenticate'],
  ['    peer: idc  ', '    # none ', '9:3 tunnels.idc.peer: is required'],
  ['    peer: idc  ', '    peer:     ', '11:5 tunnels.idc.peer: has no value'],
  ['    local: {subnets: [10.0.1.0/24, 10.0.2.0/24]}', '    local: 10.0.1.0/24', '12:12 tunnels.idc.local: must be a mapping, as in {key: value}'],
  ['{subnets: [10.23.0.0/16]}', '{subnets: 10.23.0.0/16}', '13:23 tunnels.idc.remote.subnets: must be a list, as in [one, two]'],
  ['{subnets: [10.23.0.0/16]}', '{subnets: []}', '13:23 tunnels.idc.remote.subnets: is empty; name at least one'],
  ['{subnets: [10.23.0.0/16]}', '{}', '13:5 tunnels.idc.remote.subnets: is required'],
  ['{subnets: [10.23.0.0/16]}', '{subnets: [[10.23.0.0/16]]}', '13:24 tunnels.idc.remote.subnets[0]: must be one value'],
  ['gateway: gw1                                    # 10', 'gateway: [gw1]', '10:14 tunnels.idc.gateway: must be one value'],
  ['tunnels:    ', 'tunnels: none\nx:    ', '8:10 tunnels: must be a mapping, as in {key: value}', '9:1 x: unknown key; known are version, include, dataplane, profile, limits, gateways, peers, tunnels'],
  ['  idc: {address: 203.0.113.7}', '  idc: 203.0.113.7', '6:8 peers.idc: must be a mapping, as in {key: value}'],
  ['  idc: {address: 203.0.113.7}', '  idc: {}', '6:3 peers.idc.address: is required'],
  ['  any: {address: 0.0.0.0}', '  a b: {address: 0.0.0.0}', '7:3 peers.a b: is no name; use letters, digits, dots, hyphens and underscores, a letter or digit first, at most 63', '20:11 tunnels.road.peer: there is no peer "any"; add it under peers'],
  ['{address: 192.0.2.1,', '{address: 192.0.2.300,', '3:18 gateways.gw1.address: "192.0.2.300" is no IP address'],
  ['{address: 192.0.2.1,', '{address: 0.0.0.0,', '3:18 gateways.gw1.address: 0.0.0.0 is no address of this machine; write the one to use'],
  ['publicAddress: 198.51.100.2', 'publicAddress: 2001:db8::1', '4:47 gateways.gw-nat.publicAddress: must be an IPv4 address as gateways.gw-nat.address is'],
  ['{address: 203.0.113.7}', '{address: 203.0.113.7/32}', '6:18 peers.idc.address: "203.0.113.7/32" is neither an IP address nor a DNS name; for a peer of any address write 0.0.0.0'],
  ['{address: 203.0.113.7}', '{address: 203.0.113.777}', '6:18 peers.idc.address: "203.0.113.777" is neither an IP address nor a DNS name; for a peer of any address write 0.0.0.0'],
  ['{address: 203.0.113.7}', '{address: "%any"}', '6:18 peers.idc.address: "%any" is neither an IP address nor a DNS name; for a peer of any address write 0.0.0.0'],
  ['{address: 203.0.113.7}', '{address: 2001:db8::7}', '11:11 tunnels.idc.peer: peer idc has an IPv6 address, gateway gw1 an IPv4 one'],
  ['{address: 203.0.113.7}', '{address: 192.0.2.1}', '11:11 tunnels.idc.peer: peer idc has the address of gateway gw1 itself (192.0.2.1)'],
  ['[10.23.0.0/16]', '[10.23.0.1/16]', '13:24 tunnels.idc.remote.subnets[0]: "10.23.0.1/16" is no subnet; did you mean 10.23.0.0/16?'],
  ['[10.23.0.0/16]', '[10.23.0.0/33]', '13:24 tunnels.idc.remote.subnets[0]: "10.23.0.0/33" is no subnet; write it as in 10.0.0.0/16'],
  ['[10.23.0.0/16]', '[ten]', '13:24 tunnels.idc.remote.subnets[0]: "ten" is no subnet; write it as in 10.0.0.0/16'],
  ['{id: 10.9.9.9,', '{id: 10.9.9.999,', '22:18 tunnels.road.remote.id: "10.9.9.999" is no identity; write an IP address, a name such as vpn.example.com, user@example.com, @#hex or keyid:text'],
  ['{id: 10.9.9.9,', '{id: 0.0.0.0,', '22:18 tunnels.road.remote.id: 0.0.0.0 is no identity; write the one that is sent'],
  ['{id: 10.9.9.9, ', '{', '22:5 tunnels.road.remote.id: is required for a peer of 0.0.0.0'],
  ['dpd: {delay: 8s}', 'dpd: {delay: 8 s}', '17:18 tunnels.idc.dpd.delay: "8 s" is not a duration; write a number and s, m, h or d, such as 8s or 24h'],
  ['dpd: {delay: 8s}', 'dpd: {delay: 0s}', '17:18 tunnels.idc.dpd.delay: 0s is not within 1s and 1h'],
  ['dpd: {delay: 8s}', 'dpd: {delay: 8s, timeout: 7s}', '17:31 tunnels.idc.dpd.timeout: 7s is less than dpd.delay (8s)'],
  ['dpd: {delay: 8s}', 'dpd: {timeout: 5s}', '17:20 tunnels.idc.dpd.timeout: 5s is less than dpd.delay (8s)'],
  ['dpd: {delay: 8s}', 'dpd: {action: restrat}', '17:19 tunnels.idc.dpd.action: "restrat" is not one of hold, clear, restart; did you mean restart?'],
  ['dpd: {delay: 8s}', 'retry: {attempts: 0}', '17:23 tunnels.idc.retry.attempts: "0" is not a whole number from 1 to 100'],
  ['dpd: {delay: 8s}', 'retry: {attempts: three}', '17:23 tunnels.idc.retry.attempts: "three" is not a whole number from 1 to 100'],
  ['dpd: {delay: 8s}', 'routes: yes', '17:13 tunnels.idc.routes: "yes" is not one of true, false; did you mean true?'],
  ['dpd: {delay: 8s}', 'start: initate', '17:12 tunnels.idc.start: "initate" is not one of initiate, respond, on-traffic; did you mean initiate?'],
  ['encryption: aes128}', 'encryption: aes129}', '15:35 tunnels.idc.ike.encryption: "aes129" is not one of 3des, aes128, aes192, aes256, aes128gcm16, aes192gcm16, aes256gcm16, chacha20poly1305; did you mean aes128?'],
  ['encryption: aes128}', 'encryption: sha1}', '15:35 tunnels.idc.ike.encryption: "sha1" is not one of 3des, aes128, aes192, aes256, aes128gcm16, aes192gcm16, aes256gcm16, chacha20poly1305'],
  ['encryption: aes128}', 'authentication: sha3}', '15:39 tunnels.idc.ike.authentication: "sha3" is not one of md5, sha1, sha256, sha384, sha512; did you mean sha1?'],
  ['encryption: aes128}', 'dhGroup: 3}', '15:32 tunnels.idc.ike.dhGroup: "3" is not one of 1, 2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 24, 31'],
  ['encryption: aes128}', 'dhGroup: modp2048}', '15:32 tunnels.idc.ike.dhGroup: "modp2048" is not one of 1, 2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 24, 31; did you mean 14?'],
  ['{protocol: esp}', '{pfs: off}', '16:18 tunnels.idc.ipsec.pfs: "off" is not one of 1, 2, 5, 14, 15, 16, 17, 18, 19, 20, 21, 24, 31, none; did you mean none?'],
  ['{protocol: esp}', '{protocol: tcp}', '16:23 tunnels.idc.ipsec.protocol: "tcp" is not one of esp, ah'],
  ['{version: 2,', '{version: 3,', '15:20 tunnels.idc.ike.version: "3" is not one of 1, 2'],
  ['{version: 2,', '{version: ikev1,', '15:20 tunnels.idc.ike.version: "ikev1" is not one of 1, 2; did you mean 1?'],
  ['{version: 2,', '{mode: main,', '15:11 tunnels.idc.ike.mode: is of IKEv1 only; remove it, or set ike.version to 1'],
  ['encryption: aes128}', 'mode: main}', '15:23 tunnels.idc.ike.mode: is of IKEv1 only; remove it, or set ike.version to 1'],
  ['encryption: aes128}', 'lifetime: 3599s}', '15:33 tunnels.idc.ike.lifetime: 3599s is not within 3600s and 86400s; limits: {lifetime: off} at the top lifts this'],
  ['encryption: aes128}', 'lifetime: 86401}', '15:33 tunnels.idc.ike.lifetime: 86401s is not within 3600s and 86400s; limits: {lifetime: off} at the top lifts this'],
  ['{protocol: esp}', '{lifetime: 2d}', '16:23 tunnels.idc.ipsec.lifetime: 2d is not within 3600s and 86400s; limits: {lifetime: off} at the top lifts this'],
  ['{protocol: esp}', '{lifetime: day}', '16:23 tunnels.idc.ipsec.lifetime: "day" is not a duration; write a number and s, m, h or d, such as 8s or 24h'],
  ['version: 1  ', 'version: 1\nlimits: {lifetime: none}  ', '2:20 limits.lifetime: "none" is not one of on, off; did you mean off?'],
  ['encryption: aes128}', 'proposals: [aes128-sha1-modp1024]}\n    enabled: maybe', '16:14 tunnels.idc.enabled: "maybe" is not one of true, false'],
  ['encryption: aes128}', 'encryption: aes128, proposals: [aes128-sha1-modp1024]}', '15:23 tunnels.idc.ike.encryption: ike.proposals stands in its place; remove one of them'],
  ['encryption: aes128}', 'proposals: [aes128-sha1-modp1024, aes128-sha1-modp2049]}', '15:57 tunnels.idc.ike.proposals[1]: "aes128-sha1-modp2049" has a word that is no algorithm ("modp2049"); did you mean modp2048?'],
  ['encryption: aes128}', 'proposals: [aes128-sha1]}', '15:35 tunnels.idc.ike.proposals[0]: "aes128-sha1" names no key exchange method (DH group)'],
  ['encryption: aes128}', 'proposals: aes128-sha1-modp1024}', '15:34 tunnels.idc.ike.proposals: must be a list, as in [one, two]'],
  ['encryption: aes128}', 'proposals: []}', '15:34 tunnels.idc.ike.proposals: is empty; name at least one'],
  ['{protocol: esp}', '{proposals: [aes128-sha1], pfs: 14}', '16:39 tunnels.idc.ipsec.pfs: ipsec.proposals stands in its place; remove one of them'],
  ['{protocol: esp}', '{proposals: [aes128gcm16-sha1]}', '16:25 tunnels.idc.ipsec.proposals[0]: "aes128gcm16-sha1" names sha1, but aes128gcm16 authenticates by itself'],
  ['{protocol: esp}', '{encryption: aes256gcm16, authentication: sha1}', '16:54 tunnels.idc.ipsec.authentication: aes256gcm16 authenticates by itself; remove this'],
  ['{protocol: esp}', '{protocol: ah, encryption: aes128}', '16:39 tunnels.idc.ipsec.encryption: AH does not encrypt; remove this, or set ipsec.protocol to esp'],
  ['{protocol: esp}', '{protocol: ah, proposals: [aes128-sha1]}', '16:39 tunnels.idc.ipsec.proposals[0]: "aes128-sha1" names an encryption algorithm, but AH does not encrypt ("aes128")'],
  ['{version: 2, encryption: aes128}', '{version: 1, encryption: aes128gcm16}', '15:35 tunnels.idc.ike.encryption: aes128gcm16 is not defined for IKEv1; use aes256, or set ike.version to 2'],
  ['{version: 2, encryption: aes128}', '{version: 1, proposals: [aes128-sha1-modp1024, aes256gcm16-prfsha256-ecp256]}', '15:57 tunnels.idc.ike.proposals[1]: aes256gcm16 is not defined for IKEv1; use aes256, or set ike.version to 2'],
  ['{version: 2, encryption: aes128}\0{protocol: esp}', '{version: 1}\0{encryption: chacha20poly1305}', '16:25 tunnels.idc.ipsec.encryption: chacha20poly1305 is not defined for IKEv1; use aes256, or set ike.version to 2'],
  ['gateway: gw1                                    # 10', 'gateway: gw2', '10:14 tunnels.idc.gateway: there is no gateway "gw2"; did you mean gw1?'],
  ['    peer: idc  ', '    peer: elsewhere  ', '11:11 tunnels.idc.peer: there is no peer "elsewhere"; add it under peers'],
  ['gateway: gw1                                    # 10\0{protocol: esp}', 'gateway: gw-nat\0{protocol: ah}', '16:23 tunnels.idc.ipsec.protocol: AH cannot pass the NAT of gateway gw-nat, whose publicAddress is not its address; use esp'],
  ['    peer: any    ', '    start: initiate\n    peer: any    ', '20:12 tunnels.road.start: a peer of 0.0.0.0 must call first; write respond instead of initiate'],
  ['    peer: any    ', '    start: on-traffic\n    peer: any    ', '20:12 tunnels.road.start: a peer of 0.0.0.0 must call first; write respond instead of on-traffic'],
  ['10.0.2.0/24]', '10.1.2.0/24]', '12:36 tunnels.idc.local.subnets[1]: 10.1.2.0/24 is not within the vpc of gateway gw1 (10.0.0.0/16)'],
  ['10.0.2.0/24]', '10.0.1.0/24]', '12:36 tunnels.idc.local.subnets[1]: 10.0.1.0/24 is there twice'],
  ['10.0.2.0/24]', '10.0.2.0/24, 2001:db8::/64]', '12:49 tunnels.idc.local.subnets[2]: 2001:db8::/64 has no partner: there is no IPv6 peer segment', '12:49 tunnels.idc.local.subnets[2]: 2001:db8::/64 is not within the vpc of gateway gw1 (10.0.0.0/16)'],
  ['[10.23.0.0/16]', '[10.23.0.0/16, 10.0.2.128/25]', '13:38 tunnels.idc.remote.subnets[1]: 10.0.2.128/25 overlaps the local segment 10.0.2.0/24'],
  ['[10.23.0.0/16]', '[0.0.0.0/0]', '13:24 tunnels.idc.remote.subnets[0]: 0.0.0.0/0 overlaps the local segment 10.0.1.0/24'],
  ['[10.23.0.0/16]', '[\'2001:db8::/32\']', '12:23 tunnels.idc.local.subnets[0]: 10.0.1.0/24 has no partner: there is no IPv4 peer segment', '12:36 tunnels.idc.local.subnets[1]: 10.0.2.0/24 has no partner: there is no IPv4 peer segment', '13:24 tunnels.idc.remote.subnets[0]: 2001:db8::/32 has no partner: there is no IPv6 local segment'],
  ['[10.24.0.0/16]', '[10.24.0.0/16, 10.23.0.0/16]', '22:52 tunnels.road.remote.subnets[1]: 10.0.1.0/24 <-> 10.23.0.0/16 on gateway gw1 already belongs to tunnel idc (/etc/cygnet.yaml:9:3)'],
  ['psk: secret                                     # 14', 'psk: two words', '14:10 tunnels.idc.psk: contains a blank, which a key must not'],
  ['psk: secret                                     # 14', 'psk: why?', '14:10 tunnels.idc.psk: contains a question mark, which a key must not'],
  ['psk: secret                                     # 14', 'psk: it\'s', '14:10 tunnels.idc.psk: contains a quote, which a key must not'],
  ['psk: secret                                     # 14', 'psk: grün', '14:10 tunnels.idc.psk: contains a character that is not printable ASCII, which a key must not'],
  ['psk: secret                                     # 14', 'psk:', '14:5 tunnels.idc.psk: has no value; a key has 1 to 128 characters'],
  ['psk: secret                                     # 14', `psk: ${'x'.repeat(129)}`, '14:10 tunnels.idc.psk: has 129 characters; a key has at most 128'],
  ['psk: secret                                     # 14', 'psk: 0x12345', '14:10 tunnels.idc.psk: begins with 0x, but has half a byte too much'],
  ['psk: secret                                     # 14', 'psk: 0xsecret', '14:10 tunnels.idc.psk: begins with 0x, but is not hexadecimal'],
  ['psk: secret                                     # 14', 'psk: 0ssecret', '14:10 tunnels.idc.psk: begins with 0s, but is not base64'],
  ['psk: secret                                     # 14', 'psk: 0x', '14:10 tunnels.idc.psk: has 0 bytes; a key has 1 to 128'],
  ['psk: secret                                     # 14', 'psk: {file: absent.psk}', '14:10 tunnels.idc.psk: /etc/absent.psk cannot be read: there is no such file'],
  ['psk: secret                                     # 14', 'psk: {file: /etc/keys/idc.open}', '14:10 tunnels.idc.psk: others may read /etc/keys/idc.open; run chmod 600 /etc/keys/idc.open'],
  ['psk: secret                                     # 14', 'psk: {file: blank.psk}', '14:10 tunnels.idc.psk: contains a blank, which a key must not'],
  ['psk: secret                                     # 14', 'psk: {credential: idc}', '14:10 tunnels.idc.psk: $CREDENTIALS_DIRECTORY is not set; pass the key with LoadCredential= in the systemd unit'],
  ['psk: secret                                     # 14', 'psk: {env: NO_SUCH_KEY}', '14:10 tunnels.idc.psk: the environment variable NO_SUCH_KEY is not set'],
  ['psk: secret                                     # 14', 'psk: {file: a, env: B}', '14:10 tunnels.idc.psk: name one of file, credential and env'],
  ['psk: secret                                     # 14', 'psk: {}', '14:10 tunnels.idc.psk: name one of file, credential and env'],
  ['psk: secret                                     # 14', 'psk: {flie: a}', '14:11 tunnels.idc.psk: unknown key; known are file, credential, env; a key that starts with { must be quoted'],
  ['psk: secret                                     # 14', '# no key', '9:3 tunnels.idc.psk: is required'],
  ['version: 1  ', 'version: 1\ninclude: [absent.yaml]  ', '2:11 /etc/absent.yaml cannot be read: there is no such file'],
  ['version: 1  ', 'version: 1\ninclude: absent.yaml  ', '2:10 include: must be a list, as in [one, two]'],
  ['version: 1  ', 'version: 1\ninclude: [cygnet.yaml]  ', '2:11 /etc/cygnet.yaml is included twice'],
];
