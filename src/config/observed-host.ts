import { utf8 } from '../base/bytes.ts';
import { Secret } from '../base/secret.ts';
import { constantTimeEqual } from '../crypto/constant-time.ts';
import type { ConfigurationHost } from './host.ts';
import { fileErrorText } from './host.ts';

/** What was asked of a machine, and what it has answered: a key in a file, maybe. Plain data, so that it holds nothing else. */
export type Observation = Question & { readonly answer: Secret };

type Question = { readonly call: keyof ConfigurationHost; readonly argument: string };

/** The machine, with a note of all that is asked of it. */
export function observedHost(host: ConfigurationHost, observations: Observation[]): ConfigurationHost {
  const observe = <Call extends keyof ConfigurationHost>(call: Call, argument: string) => {
    const outcome = outcomeOf(host, { call, argument });
    observations.push({ call, argument, answer: answerOf(outcome) });
    if ('error' in outcome) throw outcome.error;
    return outcome.value as ReturnType<ConfigurationHost[Call]>;
  };
  return {
    readFile: (path) => observe('readFile', path),
    listDirectory: (path) => observe('listDirectory', path),
    permissions: (path) => observe('permissions', path),
    variable: (name) => observe('variable', name),
  };
}

/** Whether the machine would answer all of it as it did. */
export function isAsObserved(observations: readonly Observation[], host: ConfigurationHost): boolean {
  return observations.every((observation) =>
    constantTimeEqual(answerOf(outcomeOf(host, observation)).expose(), observation.answer.expose()),
  );
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

function outcomeOf(host: ConfigurationHost, { call, argument }: Question): Outcome {
  try {
    return { value: host[call](argument) };
  } catch (error) {
    return { error };
  }
}

/** As far as a configuration can depend on it: an error by what is said of it. */
function answerOf(outcome: Outcome): Secret {
  return new Secret(utf8('error' in outcome ? fileErrorText(outcome.error) : `${JSON.stringify(outcome.value)}`));
}
