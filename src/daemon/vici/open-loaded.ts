import type { Entropy } from '../../base/entropy.ts';
import { Secret } from '../../base/secret.ts';
import type { TunnelChange } from '../../config/diff.ts';
import { diffShunts } from '../../config/diff-shunts.ts';
import type { Log } from '../../observe/log.ts';
import type { ConfigurationInForce } from '../configuration-in-force.ts';
import type { AddressSource } from '../local-addresses.ts';
import { changesText } from '../plan-report.ts';
import { LoadWarnings } from './load-warnings.ts';
import { Loaded } from './loaded.ts';
import { ownAddresses } from './own-addresses.ts';

export type LoadedEdge = {
  readonly addresses: AddressSource;
  readonly entropy: Entropy;
  readonly log: Pick<Log, 'write'>;
  readonly inForce: ConfigurationInForce;
};

/** What is loaded over vici, in a daemon. */
export function openLoaded({ addresses, entropy, log, inForce }: LoadedEdge): Loaded {
  const warnings = new LoadWarnings((line) => log.write('warn', line, { event: 'configuration.problem' }));
  const change = (how: () => readonly TunnelChange[]) => {
    const { shunts } = inForce.whole;
    const changes = how().filter((one) => one.change !== 'unchanged');
    const others = diffShunts({ shunts }, inForce.whole);
    if (changes.length + others.length > 0)
      log.write('info', `loaded over vici: ${changesText(changes, others)}`, { event: 'configuration.applied' });
  };
  return new Loaded({
    own: ownAddresses(addresses),
    nobodysKey: new Secret(entropy.bytes(NOBODYS_KEY_BYTES)),
    files: () => inForce.files,
    apply: () => change(() => inForce.renew()),
    add: (connection) => change(() => inForce.add(connection)),
    remove: (connection) => change(() => inForce.remove(connection)),
    warn: (problems) => warnings.add(problems),
  });
}

const NOBODYS_KEY_BYTES = 32;
