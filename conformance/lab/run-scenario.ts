import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ACTIONS } from './actions.ts';
import { EXPECTATIONS } from './expectations/table.ts';
import { Lab } from './lab.ts';
import type { Action, Expectation, Scenario, Step } from './scenario.ts';
import { run } from './shell.ts';
import { sidesOf } from './sides.ts';

export type RunScenarioOptions = {
  readonly scenario: Scenario;
  readonly repository: string;
  /** Where daemons keep their files while the scenario runs; takes sockets. */
  readonly directory: string;
};

/** Backstop for a scenario whose own patience does not end, milliseconds. */
const LONGEST_MS = 300_000;

/** Runs one scenario from nothing to nothing; returns the first thing that was not as expected. */
export async function runScenario(options: RunScenarioOptions): Promise<string | undefined> {
  mkdirSync(options.directory, { recursive: true });
  const lab = new Lab(options);
  const ended = new AbortController();
  try {
    await Promise.race([
      play(lab),
      pause(LONGEST_MS, undefined, { signal: ended.signal }).then(() => {
        throw new Error(`the scenario did not end within ${LONGEST_MS / 1000} s`);
      }),
    ]);
    return undefined;
  } catch (error) {
    await describe(lab, options.directory);
    return error instanceof Error ? error.message : String(error);
  } finally {
    ended.abort();
    await lab.close();
  }
}

async function play(lab: Lab): Promise<void> {
  await lab.open();
  for (const [index, step] of lab.scenario.steps.entries()) {
    try {
      await perform(lab, step);
    } catch (error) {
      const name = 'do' in step ? step.do : step.expect;
      throw new Error(`step ${index + 1} (${name}): ${error instanceof Error ? error.message : error}`);
    }
  }
  await lab.finish();
}

function perform(lab: Lab, step: Step): Promise<void> {
  // The tables are keyed by the step's own discriminator, which TypeScript cannot follow through the lookup.
  if ('do' in step) return (ACTIONS[step.do] as (lab: Lab, action: Action) => Promise<void>)(lab, step);
  return (EXPECTATIONS[step.expect] as (lab: Lab, expectation: Expectation) => Promise<void>)(lab, step);
}

/** Writes what the gateways and kernels looked like at the moment of failure. */
async function describe(lab: Lab, directory: string): Promise<void> {
  for (const side of sidesOf(lab.scenario.topology)) {
    const commands = [
      ['-s', 'xfrm', 'state'],
      ['xfrm', 'policy'],
      ['rule'],
      ['route', 'show', 'table', 'all'],
      ['addr'],
    ];
    const parts = await Promise.all(
      commands.map(async (command) => {
        const { stdout, stderr } = await run(['ip', '-n', side, ...command]);
        return `# ip ${command.join(' ')}\n${stdout}${stderr}`;
      }),
    );
    const gateway = lab.running.get(side);
    const status = gateway === undefined ? 'the gateway does not run\n' : await gateway.describe().catch(String);
    writeFileSync(join(directory, `state-${side}.txt`), `${status}\n${parts.join('\n')}`);
  }
}
