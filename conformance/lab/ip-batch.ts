import { must } from './shell.ts';

/** Gives `ip` many commands at once, in a namespace or, without one, where we are. */
export async function ipBatch(commands: readonly string[], namespace?: string): Promise<void> {
  const where = namespace === undefined ? [] : ['-n', namespace];
  await must(['ip', ...where, '-batch', '-'], { input: `${commands.join('\n')}\n` });
}
