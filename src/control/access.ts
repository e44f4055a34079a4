import type { Command } from './command.ts';
import { COMMANDS, type CommandName } from './commands.ts';
import { ControlError } from './control-error.ts';

/** A socket for reading only; `adminPath` is the one that takes everything. */
export type ReadOnly = { readonly adminPath: string };

/** Throws a ControlError where a command needs more than to read. */
export function requireReading(command: CommandName, { adminPath }: ReadOnly): void {
  if (COMMANDS[command].access === 'read') return;
  throw new ControlError(
    'forbidden',
    `this socket is for reading only, and "${command}" is more: ${needed(adminPath)}`,
  );
}

/** The same for the keys of a request that ask for secrets. */
export function requireNoSecrets(command: CommandName, request: object, { adminPath }: ReadOnly): void {
  const { adminKeys = [] }: Command = COMMANDS[command];
  const asked = Object.entries(request).find(([key, value]) => adminKeys.includes(key) && !isOff(value));
  if (asked === undefined) return;
  throw new ControlError(
    'forbidden',
    `this socket tells no secrets, and "${asked[0]}" asks for one: ${needed(adminPath)}`,
  );
}

function isOff(value: unknown): boolean {
  return value === undefined || value === false || value === 'false';
}

function needed(adminPath: string): string {
  return `use ${adminPath}, as root or as a member of the group that owns it`;
}

/** Where the socket for reading only lies beside the other: `control.sock` and `control-ro.sock`. */
export function readOnlyPath(path: string): string {
  return path.endsWith('.sock') ? `${path.slice(0, -'.sock'.length)}-ro.sock` : `${path}-ro`;
}
