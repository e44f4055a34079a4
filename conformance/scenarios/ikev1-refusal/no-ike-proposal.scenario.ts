import { AGGRESSIVE, MAIN } from '../../lab/presets.ts';
import { refusals } from '../../lab/refusals.ts';
import type { Scenario } from '../../lab/scenario.ts';

const rfc = ['RFC 2408 §5.4', 'RFC 2408 §5.5'];
const verdicts = {
  initiator: { stage: 1, code: 'no-proposal-chosen' },
  responder: { stage: 1, code: 'no-proposal-chosen' },
} as const;

export default [
  ...[MAIN, AGGRESSIVE].flatMap((version) =>
    refusals({
      name: version.mode,
      title: `no proposal of phase 1 is common, in ${version.mode} mode`,
      rfc,
      algorithms: { ...version, ike: 'aes256-sha256-modp2048' },
      cygnet: version,
      ...verdicts,
    }),
  ),
  ...refusals({
    name: 'group',
    title: 'only the group of phase 1 differs, which Aggressive Mode cannot negotiate',
    rfc: ['RFC 2409 §5'],
    algorithms: { ...AGGRESSIVE, ike: 'aes128-sha1-modp2048' },
    cygnet: AGGRESSIVE,
    ...verdicts,
  }),
] satisfies readonly Scenario[];
