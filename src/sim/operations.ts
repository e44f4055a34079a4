import type { SimGateway } from './gateway.ts';
import { establishedIkeSas, installedChildren } from './invariants.ts';
import type { CorePair } from './pair.ts';

/** Begins something on one side that may cross with whatever else is under way. */
type Operation = (pair: CorePair, gateway: SimGateway) => void;

/** What the two ends of a tunnel may begin at any moment, by themselves or as the path or an operator wants. */
const OPERATIONS = {
  'rekey the Child SA': (_, gateway) => {
    for (const { id, tunnel } of installedChildren(gateway)) gateway.fire(`sas:${tunnel}:rekey-${id}`);
  },
  'rekey the IKE SA': (_, gateway) => fireOfIkeSas(gateway, 'rekey'),
  'delete the Child SA': (_, gateway) => {
    for (const { inbound } of installedChildren(gateway)) gateway.kernel.expire(inbound);
  },
  // The end of its lifetime: the timer of IKEv2 and that of IKEv1.
  'delete the IKE SA': (_, gateway) => {
    fireOfIkeSas(gateway, 'lifetime');
    fireOfIkeSas(gateway, 'expiry');
  },
  'probe the peer': (_, gateway) => fireOfIkeSas(gateway, 'liveness'),
  'initiate at both ends': (pair) => {
    pair.initiate(pair.left);
    pair.initiate(pair.right);
  },
  'rebind the NAT': ({ world }) => {
    for (const nat of world.nats) nat.rebind();
  },
} as const satisfies { readonly [name: string]: Operation };

export type OperationName = keyof typeof OPERATIONS;

export const OPERATION_NAMES = Object.keys(OPERATIONS) as readonly OperationName[];

export function perform(pair: CorePair, name: OperationName, gateway: SimGateway): void {
  pair.world.note(() => `== ${name}, ${gateway.name}`);
  OPERATIONS[name](pair, gateway);
}

function fireOfIkeSas(gateway: SimGateway, name: string): void {
  for (const { id } of establishedIkeSas(gateway)) gateway.fire(`ike:${id}:${name}`);
}
