import { direct, FROM_A, mirrored, swanctl } from '../../lab/presets.ts';
import type { Scenario } from '../../lab/scenario.ts';

const { local, remote, localSubnets, remoteSubnets, psk } = FROM_A;

export default {
  title: "strongSwan's Python client loads a connection, brings it up, follows its events, rekeys, ends and unloads it",
  rfc: [],
  topology: direct,
  a: { loaded: { swanctl: {}, children: [] } },
  b: { strongswan: swanctl(mirrored(), { ike: 'aes128-sha256-x25519', esp: 'aes128gcm128-x25519' }) },
  steps: [
    {
      do: 'python',
      on: 'a',
      program: 'python-life.py',
      args: [local, remote, ...localSubnets, ...remoteSubnets, psk],
    },
    { expect: 'nothing-installed', on: 'both' },
    { expect: 'sa-count', on: 'b', of: 'ike', is: 0 },
    { expect: 'nothing-left', on: 'a' },
  ],
} satisfies Scenario;
