/** One of the two gateways; its network namespace has its name. */
export type End = {
  readonly name: 'left' | 'right';
  /** What the other one reaches it by. */
  readonly outer: string;
  /** The network behind it, and its own address there. */
  readonly segment: string;
  readonly inner: string;
};

export const LEFT: End = { name: 'left', outer: '192.0.2.1', segment: '10.1.0.0/24', inner: '10.1.0.1' };
export const RIGHT: End = { name: 'right', outer: '192.0.2.2', segment: '10.2.0.0/24', inner: '10.2.0.1' };

export const TUNNEL = 'demo';

/** One end's whole configuration; its key lies beside it. What carries the packets is left open where none are carried. */
export function configurationText(
  here: End,
  there: End,
  { start, carried }: { readonly start: 'initiate' | 'respond'; readonly carried: boolean },
): string {
  return `version: 1
profile: modern
${carried ? 'dataplane: userspace\n' : ''}gateways:
  ${here.name}: {address: ${here.outer}}
peers:
  ${there.name}: {address: ${there.outer}}
tunnels:
  ${TUNNEL}:
    gateway: ${here.name}
    peer: ${there.name}
    local: {subnets: [${here.segment}]}
    remote: {subnets: [${there.segment}]}
    psk: {file: demo.psk}
    start: ${start}
`;
}

/** Commands of `ip` that make both namespaces, and a cable between them that knows the outer addresses only. */
export function networkCommands(): { readonly outside: readonly string[]; readonly within: (end: End) => string[] } {
  return {
    outside: ['netns add left', 'netns add right', 'link add cable netns left type veth peer name cable netns right'],
    within: ({ outer, inner }) => [
      'link set lo up',
      'link set cable up',
      `addr add ${outer}/24 dev cable`,
      // What stands for the network behind the gateway: a cable from it to itself, which every kernel has.
      'link add segment type veth peer name segment-end',
      'link set segment-end up',
      'link set segment up',
      `addr add ${inner}/24 dev segment`,
    ],
  };
}
