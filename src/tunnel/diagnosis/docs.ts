import { KERNEL_ERRORS } from './kernel-errors.ts';
import { CONNECTED } from './verdicts/connected.ts';
import { EITHER_STAGE } from './verdicts/either-stage.ts';
import { STAGE_1 } from './verdicts/stage-1.ts';
import { STAGE_2 } from './verdicts/stage-2.ts';
import { STATES } from './verdicts/states.ts';
import type { Verdict } from './verdicts/verdict.ts';

/** docs/diagnosis.md, derived from the tables: the file is this text, and a test compares them. */
export function diagnosisMarkdown(): string {
  return [
    INTRODUCTION,
    ...GROUPS.flatMap(([title, verdicts]) => [`## ${title}\n`, ...Object.entries(verdicts).map(codeSection)]),
    KERNEL,
    [
      '| counter | what it means | code |',
      '| --- | --- | --- |',
      ...Object.entries(KERNEL_ERRORS).map(
        ([name, { meaning, code }]) => `| \`${name}\` | ${meaning} | ${code === undefined ? '' : `\`${code}\``} |`,
      ),
      '',
    ].join('\n'),
  ].join('\n');
}

const GROUPS: readonly (readonly [title: string, verdicts: Readonly<Record<string, Verdict>>])[] = [
  ['Stage 1', STAGE_1],
  ['Stage 2', STAGE_2],
  ['Either stage', EITHER_STAGE],
  ['Nothing has failed', STATES],
  ['Connected', CONNECTED],
];

const INTRODUCTION = `# Why a tunnel does not come up

This file is generated from \`src/tunnel/diagnosis\`; \`npm run docs\` writes it anew.

\`cygnet diagnose TUNNEL\` tells why a tunnel is not connected, what was seen on the wire, what both ends said, which key of
the configuration it is about and where that stands, and what to change here *or* at the other end. \`--json\` gives the
same to programs ([Diagnosis](control-api.md#diagnosis)). Where the peer leaves open whether it is the IKE version that differs,
\`diagnose\` asks it with one first message of the other version, from a port of its own, and leaves the answer at that. Of a
tunnel that is connected it asks the same way whether a packet of 1500 bytes reaches the peer where a small one does; the
way back is asked from the other end. With \`--no-ask\` it sends nothing.

    # cygnet diagnose idc
    idc: Stage 1 failure: the DH groups of stage 1 differ: the peer wants 14 (modp2048), this end has 2 (modp1024)
      seen           INVALID_KE_PAYLOAD from 113.31.113.78, which wants DH group 14 (modp2048)
                     the peer wants Diffie-Hellman group 14, this tunnel offers 2 (modp1024)
                     nobody has proven to have sent this: it is as good as the network it came over
                     last seen 8s ago
      IKE proposals  here: ike aes128-sha1-modp1024
                     peer: DH group 14 (modp2048)
      checked        ✔ UDP 500 answers  ✔ IKE version agreed  ✖ IKE proposal differs
                     · NAT not known  – UDP 4500 not reached yet  – pre-shared key not reached yet
                     – identities not reached yet  – segments not reached yet  – IPsec proposal not reached yet
                     – data plane not reached yet  – packets not reached yet
      fix here       set ike.dhGroup: 14
      fix there      or set DH group 2 (modp1024) there
      where          tunnels.idc.ike.dhGroup (/etc/cygnet/cygnet.yaml:52:22)
      FAQ            6 (4)

How sure it is:

- What a peer says before it has proven who it is, anybody on the way could have said. The evidence tells which it is, and
  \`authenticated\` does for programs. That a connected tunnel is broken, its own SAs and
  counters alone can say.
- The end that refuses knows more than the one that is refused, which often hears one word for several causes. Where both
  ends have begun a negotiation, the verdict that explains more is given; the other one stands below it. Where it is of
  several causes, ask the other end, or let it begin: \`cygnet diagnose\` then tells which.
- What was not reached may be wrong as well: it shows when the first fault is mended.

The marks of what was checked: \`✔\` has worked, \`✖\` has failed, \`?\` is one of several that may have, \`·\` is not known,
\`–\` was not reached. The exit status is 7 where the tunnel should be up and is not connected, as that of \`status\`.

The numbers of the FAQ are those of the platform's description of its VPN gateway. Words in braces are filled in.
`;

const KERNEL = `## Error counters of the kernel

Where a tunnel is connected and packets go one way only, the kernel's counters that have moved in the last ten minutes
(\`/proc/net/xfrm_stat\`, \`IPReversePathFilter\` of \`/proc/net/netstat\`, and of \`/proc/net/snmp\` and \`snmp6\` those that begin
with \`Ip\` here) tell why. They count for the whole machine, so that on a gateway with several tunnels they may be those of
another one, and fragments that are never whole anybody can send to it.
`;

function codeSection([code, { verdict, here, there, keys, faq }]: [string, Verdict]): string {
  const names =
    typeof keys === 'string'
      ? `the \`${keys === 'ike-transforms' ? 'ike' : 'ipsec'}\` keys whose algorithms differ`
      : keys.map((ways) => `\`${ways[0]}\``).join(', ');
  return [
    `### \`${code}\`\n`,
    `${sentence(verdict)}\n`,
    `- Here: ${sentence(here, false)}`,
    `- There: ${sentence(there, false)}`,
    ...(names === '' ? [] : [`- Keys: ${names}.`]),
    ...(faq.length === 0 ? [] : [`- FAQ: ${faq.join(', ')}.`]),
    '',
  ].join('\n');
}

function sentence(text: string, capital = true): string {
  const first = text.slice(0, 1);
  return `${capital && first !== '{' ? first.toUpperCase() : first}${text.slice(1)}.`;
}
