import type { Entropy } from '../../base/entropy.ts';
import { Secret } from '../../base/secret.ts';
import type { Configuration } from '../../config/configuration.ts';
import type { TunnelChange } from '../../config/diff.ts';
import { diffShunts } from '../../config/diff-shunts.ts';
import type { Log } from '../../observe/log.ts';
import type { AddressSource } from '../local-addresses.ts';
import { changesText } from '../plan-report.ts';
import { LoadWarnings } from './load-warnings.ts';
import { Loaded } from './loaded.ts';
import { ownAddresses } from './own-addresses.ts';

export type LoadedEdge = {
  readonly addresses: AddressSource;
  readonly entropy: Entropy;
  readonly log: Pick<Log, 'write'>;
  /** What the files say. */
  readonly files: () => Configuration;
  readonly inForce: () => Configuration;
  /** Puts the files and what is loaded in force. */
  readonly apply: () => readonly TunnelChange[];
};

/** What is loaded over vici, in a daemon. */
export function openLoaded({ addresses, entropy, log, files, inForce, apply }: LoadedEdge): Loaded {
  const warnings = new LoadWarnings((line) => log.write('warn', line, { event: 'configuration.problem' }));
  return new Loaded({
    own: ownAddresses(addresses),
    nobodysKey: new Secret(entropy.bytes(NOBODYS_KEY_BYTES)),
    files,
    apply: () => {
      const before = inForce();
      const changes = apply().filter(({ change }) => change !== 'unchanged');
      const shunts = diffShunts(before, inForce());
      if (changes.length + shunts.length > 0)
        log.write('info', `loaded over vici: ${changesText(changes, shunts)}`, { event: 'configuration.applied' });
    },
    warn: (problems) => warnings.add(problems),
  });
}

const NOBODYS_KEY_BYTES = 32;
