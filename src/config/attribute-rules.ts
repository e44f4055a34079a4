import { isKnownBefore } from '../sa/child-attributes.ts';
import { selectorPairs } from '../sa/selector-pairs.ts';
import { attributesOf } from './attributes.ts';
import type { RuleSubject } from './rule-subject.ts';

/** What a tunnel may ask of its SAs and policies beyond what they protect. */
export function checkAttributes(subject: RuleSubject): void {
  checkKernel(subject);
  checkHeaders(subject);
  checkReplay(subject);
  checkReqid(subject);
  checkMarkInSa(subject);
  checkStart(subject);
  checkPolicies(subject);
}

/** Marks and interfaces are of packets within the kernel; the others are flags that nothing else knows. */
const OF_KERNEL = [
  'ifId',
  'mark',
  'markInSa',
  'setMark',
  'priority',
  'policies',
  'forwardOut',
  ...['copyDf', 'copyEcn', 'copyDscp'],
];

function checkKernel({ dataplane, report }: RuleSubject): void {
  if (dataplane !== 'userspace') return;
  for (const key of OF_KERNEL)
    if (report.has(['ipsec', key]))
      report.errorAtKey(['ipsec', key], 'is done by the kernel alone; set dataplane to kernel or auto');
}

function checkHeaders({ raw, report }: RuleSubject): void {
  if (raw.ipsec?.mode !== 'transport') return;
  for (const key of ['copyDf', 'copyEcn', 'copyDscp'])
    if (report.has(['ipsec', key]))
      report.errorAtKey(
        ['ipsec', key],
        'is about the two headers of tunnel mode, and transport mode has one; remove it',
      );
}

/** Linux has no ESN without a window: it finds the upper half of a sequence number by it (RFC 4303 appendix A). */
function checkReplay({ raw, report }: RuleSubject): void {
  const hasEsn = (raw.ipsec?.proposals ?? []).some((proposal) => proposal.split('-').includes('esn'));
  if (raw.ipsec?.replayWindow === 0 && hasEsn)
    report.error(['ipsec', 'replayWindow'], 'esn needs a window; write one, or take esn out of ipsec.proposals');
}

/** The kernel finds the SA of a packet by the reqid of its policy, and so takes all that have it for equal. */
function checkReqid({ raw, peer, report }: RuleSubject): void {
  if (raw.ipsec?.reqid === undefined) return;
  const pairs = selectorPairs(raw.local.subnets, raw.remote.subnets).length;
  if (pairs > 1 && (raw.ike?.version === 1 || peer.singlePairs))
    report.error(
      ['ipsec', 'reqid'],
      `${pairs} pairs of segments have a Child SA each, which one number cannot tell apart; remove it`,
    );
  const { ifId, mark, setMark } = raw.ipsec;
  const numbers = [ifId?.in, ifId?.out, ...[mark, setMark].flatMap((both) => [both?.in?.value, both?.out?.value])];
  if (numbers.some((number) => typeof number === 'string'))
    report.error(
      ['ipsec', 'reqid'],
      'unique numbers follow from the reqid, which is not unique then; remove one of both',
    );
}

function checkMarkInSa({ raw, report }: RuleSubject): void {
  if (raw.ipsec?.markInSa === true && raw.ipsec.mark?.in === undefined)
    report.errorAtKey(['ipsec', 'markInSa'], 'is about the inbound mark, and there is none; write ipsec.mark');
}

function checkStart({ raw, peer, report }: RuleSubject): void {
  const start = raw.start ?? (peer.address.kind === 'any' ? 'respond' : 'initiate');
  if (raw.ipsec?.inactivity !== undefined && start === 'initiate')
    report.error(
      ['ipsec', 'inactivity'],
      'a tunnel that is to be up all the time does not end for want of traffic; set start to on-traffic or respond',
    );
  if (raw.start !== 'on-traffic') return;
  if (raw.ipsec?.policies === false)
    report.error(['start'], 'on-traffic needs a policy that packets can meet; remove ipsec.policies');
  if (!isKnownBefore(attributesOf(raw) ?? {}))
    report.error(
      ['start'],
      'on-traffic cannot wait for packets with a number that only a Child SA will have; write one',
    );
}

function checkPolicies({ raw, report }: RuleSubject): void {
  const { ifId, policies } = raw.ipsec ?? {};
  if (policies === false && raw.blockClearText === true)
    report.error(['blockClearText'], 'is done by policies; remove it, or ipsec.policies');
  if (ifId?.out !== undefined && raw.routes !== undefined && raw.routes !== false)
    report.error(
      ['routes'],
      'packets reach the tunnel through the interface of ipsec.ifId; lead them there by yourself',
    );
}
