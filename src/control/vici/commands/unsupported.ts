import { refused, type ViciCommand } from '../command.ts';

/** What needs something that Cygnet does not have. The answer says so, and clients go on with the rest. */
export const UNSUPPORTED: Readonly<Record<string, ViciCommand>> = {
  'load-cert': unsupported('certificates'),
  'load-key': unsupported('private keys'),
  'load-token': unsupported('keys on tokens'),
  'unload-key': unsupported('private keys'),
  'load-authority': unsupported('certification authorities'),
  'unload-authority': unsupported('certification authorities'),
  'load-pool': unsupported('pools of virtual addresses'),
  'unload-pool': unsupported('pools of virtual addresses'),
  redirect: unsupported('redirection of clients (RFC 5685)'),
};

function unsupported(what: string): ViciCommand {
  return { summary: `refused: ${what}`, run: () => refused(`not supported: ${what}`) };
}
