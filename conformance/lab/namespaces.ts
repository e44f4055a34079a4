import { join } from 'node:path';
import { type LabProcess, startGroup, type WorkerCommand } from './lab-process.ts';

/**
 * Runs a worker on the host's kernel. Its own mount namespace with a fresh /run makes the names of its network
 * namespaces its own, and its own process namespace ends everything with it.
 */
export async function startInNamespaces(command: WorkerCommand): Promise<LabProcess> {
  const prepare = 'mount -t tmpfs tmpfs /run && mkdir -p /run/tmp && export TMPDIR=/run/tmp && exec "$@"';
  const isolate = ['unshare', '--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const argv = [...isolate, 'sh', '-c', prepare, 'sh', ...command.argv];
  return startGroup(argv, join(command.out, 'run', `worker-${command.name}.log`));
}
