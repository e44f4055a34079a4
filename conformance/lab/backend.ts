import { existsSync } from 'node:fs';
import type { LabProcess, WorkerCommand } from './lab-process.ts';
import { startInNamespaces } from './namespaces.ts';
import { run } from './shell.ts';
import { startUml } from './uml.ts';

export type Backend =
  | { readonly description: string; start(command: WorkerCommand): Promise<LabProcess> }
  | { readonly missing: string };

/** What scenarios need of a kernel: ESP, or no more than network namespaces and TUN where all gateways have their own. */
export type KernelNeed = 'esp' | 'network';

/**
 * The host's own kernel where it has what is needed (ESP is found by trying, since versions tell nothing), else
 * user-mode-linux.
 */
export async function chooseBackend(need: KernelNeed): Promise<Backend> {
  const refusal = need === 'esp' ? await espRefusal() : networkRefusal();
  if (refusal === undefined) return { description: "the host's kernel", start: startInNamespaces };
  if (existsSync('/usr/bin/linux.uml')) {
    return { description: `user-mode-linux (the host's kernel: ${refusal})`, start: startUml };
  }
  return { missing: `the host's kernel: ${refusal}; and user-mode-linux is not installed` };
}

function networkRefusal(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root';
  return existsSync('/dev/net/tun') ? undefined : 'no /dev/net/tun';
}

async function espRefusal(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'not root';
  const sa = 'src 192.0.2.1 dst 192.0.2.2 proto esp spi 0x100 mode tunnel';
  const keys = `enc cbc(aes) 0x${'11'.repeat(16)} auth-trunc hmac(sha1) 0x${'22'.repeat(20)} 96`;
  const outcome = await run(['unshare', '--net', 'ip', 'xfrm', 'state', 'add', ...`${sa} ${keys}`.split(' ')]);
  if (outcome.status === 0) return undefined;
  return (
    outcome.stderr
      .trim()
      .replace(/^(.*) answers: /, '')
      .replace(/\n/g, ' ') || 'no ESP'
  );
}
