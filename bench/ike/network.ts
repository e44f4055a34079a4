import { ipBatch } from '../../conformance/lab/ip-batch.ts';
import { inNamespace, must } from '../../conformance/lab/shell.ts';
import { blockOf, RESPONDER, SPOOFED } from './plan.ts';

/** A responder's namespace and those of who calls it; each responder has a network of its own. */
export type Network = {
  readonly responder: string;
  readonly generators: readonly string[];
  readonly flooder: string;
};

/**
 * Namespaces around one responder, each joined to it by a veth. Who calls has a whole block of addresses, by one local
 * route: ten thousand addresses on an interface would cost more than they show.
 */
export async function buildNetwork(name: string, generators: number): Promise<Network> {
  const callers = Array.from({ length: generators }, (_, index) => ({
    namespace: `${name}-g${index}`,
    block: blockOf(index),
  }));
  const flooder = { namespace: `${name}-flood`, block: SPOOFED };
  await ipBatch([`netns add ${name}`]);
  await ipBatch(['link set lo up', `addr add ${RESPONDER}/32 dev lo`, 'addr add 192.168.0.1/24 dev lo'], name);
  for (const [index, { namespace, block }] of [...callers, flooder].entries()) {
    await ipBatch([
      `netns add ${namespace}`,
      `link add v${index} netns ${name} type veth peer name outer netns ${namespace}`,
    ]);
    const net = `192.0.2.${index * 4}`;
    await ipBatch(
      [`addr add ${next(net, 1)}/30 dev v${index}`, `link set v${index} up`, `route add ${block} via ${next(net, 2)}`],
      name,
    );
    await ipBatch(
      [
        'link set lo up',
        `addr add ${next(net, 2)}/30 dev outer`,
        'link set outer up',
        `route add local ${block} dev lo`,
        `route add ${RESPONDER}/32 via ${next(net, 1)}`,
      ],
      namespace,
    );
  }
  for (const namespace of [name, flooder.namespace, ...callers.map((caller) => caller.namespace)])
    await must(inNamespace(namespace, ['sh', '-c', NO_FILTERS]));
  return { responder: name, generators: callers.map((caller) => caller.namespace), flooder: flooder.namespace };
}

const NO_FILTERS = 'for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done';

function next(address: string, offset: number): string {
  const parts = address.split('.');
  return [...parts.slice(0, 3), Number(parts[3]) + offset].join('.');
}
