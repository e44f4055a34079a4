import { AGGRESSIVE, carries, cygnet, direct, FROM_A, MAIN } from '../../lab/presets.ts';
import { anew, rekey } from '../../lab/replacement.ts';
import type { Scenario, Step } from '../../lab/scenario.ts';

/** What a tunnel can be in the large: each with each, and each loaded by strongSwan in both of its languages. */
const VERSIONS = [
  { name: 'v2', version: { version: 2 as const, mode: undefined } },
  { name: 'v1-main', version: MAIN },
  { name: 'v1-aggressive', version: AGGRESSIVE },
];
const PROTOCOLS = ['esp', 'ah'] as const;
const PFS = ['none', '14'];
const FORMATS = ['swanctl', 'ipsec.conf'] as const;

export default FORMATS.flatMap((format) =>
  VERSIONS.flatMap(({ name, version }) =>
    PROTOCOLS.flatMap((protocol) => PFS.map((pfs) => scenarioOf({ format, name, version, protocol, pfs }))),
  ),
) satisfies readonly Scenario[];

type Row = {
  readonly format: (typeof FORMATS)[number];
  readonly name: string;
  readonly version: (typeof VERSIONS)[number]['version'];
  readonly protocol: (typeof PROTOCOLS)[number];
  readonly pfs: string;
};

function scenarioOf({ format, name, version, protocol, pfs }: Row): Scenario {
  const ipsec = { protocol, authentication: 'sha256', pfs };
  const ike = version.version === 1 ? { version: 1, mode: version.mode } : {};
  return {
    name: `${format}-${name}-${protocol}-pfs-${pfs}`,
    title: `strongSwan loads what cygnet export writes as ${format}: ${name}, ${protocol}, PFS ${pfs}`,
    rfc: [],
    topology: direct,
    a: { cygnet: cygnet(FROM_A, { start: 'respond', ike, ipsec }) },
    b: {
      strongswan: {
        exported: format,
        swanctl: {},
        children: ['idc'],
      },
    },
    // The exported file begins the tunnel by itself.
    start: ['a', 'b'],
    steps: [
      { expect: 'connected', on: 'both' },
      ...carries(protocol === 'ah' ? { authenticatedOnly: true } : {}),
      { expect: 'kernel-algorithms', names: ['hmac(sha256)'] },
      ...proposalIs({ protocol, pfs, version: version.version }),
    ],
  };
}

/** IKEv2's first Child SA has no key exchange of its own (RFC 7296 §1.2): only the next one tells of PFS. */
function proposalIs({ protocol, pfs, version }: Pick<Row, 'protocol' | 'pfs'> & { version: 1 | 2 }): readonly Step[] {
  const words = [...(protocol === 'esp' ? ['aes128'] : []), 'sha256', ...(pfs === 'none' ? [] : ['modp2048'])];
  const child = { protocol, proposal: words.join('-') };
  return [
    ...(version === 2 ? anew('children', 1, rekey('children')) : []),
    { expect: 'status', on: 'a', contains: { ike: { version }, children: [child] } },
    { expect: 'pings' },
  ];
}
