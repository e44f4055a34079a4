import { utf8 } from '../base/bytes.ts';
import { Secret } from '../base/secret.ts';
import { constantTimeEqual } from '../crypto/constant-time.ts';
import type { ConfigurationHost } from './host.ts';
import { fileErrorText } from './host.ts';

/** What was asked of a machine, and what it has answered: a key in a file, maybe. */
export type Observation = { readonly ask: Ask<unknown>; readonly answer: Secret };

type Ask<Answer> = (host: ConfigurationHost) => Answer;

/** The machine, with a note of all that is asked of it. */
export function observedHost(host: ConfigurationHost, observations: Observation[]): ConfigurationHost {
  const observe = <Answer>(ask: Ask<Answer>): Answer => {
    const outcome = outcomeOf(ask, host);
    observations.push({ ask, answer: answerOf(outcome) });
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  };
  return {
    readFile: (path) => observe((asked) => asked.readFile(path)),
    listDirectory: (path) => observe((asked) => asked.listDirectory(path)),
    permissions: (path) => observe((asked) => asked.permissions(path)),
    variable: (name) => observe((asked) => asked.variable(name)),
  };
}

/** Whether the machine would answer all of it as it did. */
export function isAsObserved(observations: readonly Observation[], host: ConfigurationHost): boolean {
  return observations.every(({ ask, answer }) =>
    constantTimeEqual(answerOf(outcomeOf(ask, host)).expose(), answer.expose()),
  );
}

type Outcome<Answer> = { readonly value: Answer } | { readonly error: unknown };

function outcomeOf<Answer>(ask: Ask<Answer>, host: ConfigurationHost): Outcome<Answer> {
  try {
    return { value: ask(host) };
  } catch (error) {
    return { error };
  }
}

/** As far as a configuration can depend on it: an error by what is said of it. */
function answerOf(outcome: Outcome<unknown>): Secret {
  return new Secret(utf8('error' in outcome ? fileErrorText(outcome.error) : `${JSON.stringify(outcome.value)}`));
}
