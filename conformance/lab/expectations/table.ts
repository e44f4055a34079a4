import { existsSync, readFileSync } from 'node:fs';
import type { Lab } from '../lab.ts';
import { poll } from '../poll.ts';
import type { Expectation, SideName } from '../scenario.ts';
import { bothOr } from '../sides.ts';
import { expectAskedAlike, expectHeardAlike, expectPrintedAlike } from './alike.ts';
import { expectKeptOut } from './clear-text.ts';
import { differences } from './contains.ts';
import { expectDiagnosis } from './diagnosis.ts';
import { expectCounters, expectInEverySa, expectNothingInstalled, expectSameSpis } from './installed.ts';
import { expectNoneLost, expectPings } from './pings.ts';
import { expectRefusedPackets } from './refused.ts';
import { expectSaCount, expectSpis } from './spis.ts';
import { expectSwanctl } from './swanctl.ts';
import { expectTcp } from './tcp.ts';
import { expectForeignUntouched, expectNothingLeft, expectRoute } from './traces.ts';
import { expectCaptured, expectNeverCaptured, expectSealed } from './wire.ts';

type ExpectationOf<Kind extends Expectation['expect']> = Extract<Expectation, { readonly expect: Kind }>;
type Expectations = {
  readonly [Kind in Expectation['expect']]: (lab: Lab, expectation: ExpectationOf<Kind>) => Promise<void>;
};

/** How each expectation is judged; rejects with what was seen instead. */
export const EXPECTATIONS: Expectations = {
  connected: (lab, { on }) => expectConnected(lab, on),
  status: expectStatus,
  diagnosis: expectDiagnosis,
  'exit-status': expectExitStatus,
  pings: expectPings,
  'none-lost': (lab, { atLeast, butFor }) => expectNoneLost(lab, atLeast, butFor ?? 0),
  tcp: (lab, { bytes }) => expectTcp(lab, bytes),
  counters: (lab, { packets }) => expectCounters(lab, packets),
  'same-spis': (lab, { children }) => expectSameSpis(lab, children ?? 1),
  spis: (lab, { of, are }) => expectSpis(lab, of, are),
  'sa-count': (lab, { on, of, is }) => expectSaCount(lab, on, of, is),
  'kernel-algorithms': (lab, { names }) => expectInEverySa(lab, 'algorithms', names),
  'kernel-flags': (lab, { names }) => expectInEverySa(lab, 'flags', names),
  'refused-packets': expectRefusedPackets,
  sealed: (lab, { authenticatedOnly }) => expectSealed(lab, authenticatedOnly === true),
  'kept-out': (lab) => expectKeptOut(lab),
  captured: (lab, { filter, atLeast }) => expectCaptured(lab, filter, atLeast),
  'never-captured': (lab, { filter }) => expectNeverCaptured(lab, filter),
  'nothing-installed': (lab, { on }) => expectNothingInstalled(lab, on),
  'nothing-left': (lab, { on }) => expectNothingLeft(lab, on),
  'foreign-untouched': (_lab, { on }) => expectForeignUntouched(on),
  route: (_lab, { on, to, present }) => expectRoute(on, to, present),
  log: expectLog,
  swanctl: expectSwanctl,
  'printed-alike': expectPrintedAlike,
  'asked-alike': expectAskedAlike,
  'heard-alike': expectHeardAlike,
  file: expectFile,
};

async function expectConnected(lab: Lab, on: SideName | 'both'): Promise<void> {
  for (const side of bothOr(on)) {
    await poll(async () => {
      const unmet = await lab.gateway(side).notConnected();
      return unmet === undefined ? { value: true } : { unmet: `${side}: ${unmet}` };
    });
  }
}

async function expectStatus(lab: Lab, { on, tunnel, contains }: ExpectationOf<'status'>): Promise<void> {
  await poll(async () => {
    const different = differences(await lab.cygnet(on).status(tunnel), contains);
    return different.length === 0 ? { value: true } : { unmet: `cygnet status of ${on}: ${different.join('; ')}` };
  });
}

async function expectExitStatus(lab: Lab, { on, of, is }: ExpectationOf<'exit-status'>): Promise<void> {
  const { status, stderr } = await lab.cygnet(on).command(of);
  if (status !== is) throw new Error(`cygnet ${of.join(' ')}: exit status ${status}, expected ${is} ${stderr.trim()}`);
}

async function expectFile(_lab: Lab, { path, lines }: ExpectationOf<'file'>): Promise<void> {
  const wanted = lines.map((line) => `${line}\n`).join('');
  await poll(async () => {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return text === wanted ? { value: true } : { unmet: `${path} has ${JSON.stringify(text)}` };
  });
}

async function expectLog(lab: Lab, { on, matches }: ExpectationOf<'log'>): Promise<void> {
  const pattern = new RegExp(matches);
  await poll(async () =>
    pattern.test(lab.gateway(on).log()) ? { value: true } : { unmet: `the log of ${on} has nothing like ${matches}` },
  );
}
