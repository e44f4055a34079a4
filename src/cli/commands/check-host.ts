import { printable } from '../../base/printable.ts';
import type { Configuration } from '../../config/configuration.ts';
import type { Finding, Severity } from '../../host/finding.ts';
import type { HostReport } from '../../host/host-check.ts';
import { type Style, styled } from '../table.ts';
import { counted } from '../units.ts';

/** Looks at this machine for the tunnels that are enabled. */
export async function hostReport({ tunnels, dataplane }: Configuration): Promise<HostReport> {
  const [{ readHost }, { checkHost }] = await Promise.all([
    import('../../host/read/read-host.ts'),
    import('../../host/host-check.ts'),
  ]);
  const policies = tunnels.filter(({ enabled }) => enabled).map(({ policy }) => policy);
  return checkHost(await readHost(policies), policies, dataplane);
}

const STYLES: Readonly<Record<Severity, Style>> = { error: 'bad', warning: 'busy', hint: 'quiet' };

/** Some lines for each finding: what was seen, why it matters, what mends it. */
export function findingText({ severity, seen, source, why, tunnels, fix }: Finding, colour: boolean): string {
  const word = styled(severity, STYLES[severity], colour);
  const lines = [`this machine: ${word} ${seen} (${source})`, `  ${tunnels.join(', ')}: ${why}`];
  return [...lines, ...(fix === '' ? [] : [`  mend it: ${fix}`])].map((line) => printable(line, 4_096)).join('\n');
}

/** What the findings come to, and what nothing is said about. */
export function hostSummary({ findings, notLookedAt }: HostReport): string[] {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  const found = (['error', 'warning', 'hint'] as const).filter((severity) => count(severity) > 0);
  const text = found.map((severity) => counted(count(severity), severity)).join(', ');
  return [
    ...notLookedAt.map(({ what, why }) => printable(`not looked at: ${what}: ${why}`, 4_096)),
    `this machine: ${text === '' ? 'nothing was found that stands in the way' : text}`,
  ];
}
