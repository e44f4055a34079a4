import type { Configuration } from '../config/configuration.ts';
import { ChangeRefusal, type ConfigurationChange } from '../config/edit/change.ts';
import { editFiles } from '../config/edit/edit-files.ts';
import { type Replacement, replaceFiles } from '../config/edit/replace-files.ts';
import { type ConfigurationHost, systemHost } from '../config/host.ts';
import { languageOf } from '../config/import/language.ts';
import { type LoadMemory, loadConfiguration } from '../config/load.ts';
import type { Problem } from '../config/problem.ts';
import { ControlError } from '../control/control-error.ts';

/** What is to be put in force. */
export type ConfigurationRequest =
  /** The files as they are now. */
  | { readonly kind: 'reload' }
  /** Another text in the place of the main file. */
  | { readonly kind: 'replace'; readonly text: string }
  | { readonly kind: 'change'; readonly change: ConfigurationChange };

/** A valid configuration that is not in force yet. */
export type Proposal = {
  readonly configuration: Configuration;
  readonly warnings: readonly Problem[];
  /** Of each of its files, the main one first. */
  readonly texts: ReadonlyMap<string, string>;
  readonly replacements: readonly Replacement[];
  readonly memory: LoadMemory;
};

/** The files behind the configuration in force: what they say, and how they change. */
export class ConfigurationStore {
  readonly #path: string;
  readonly #host: ConfigurationHost;
  #texts: ReadonlyMap<string, string> = new Map();
  #configuration: Configuration | undefined;
  /** What of them need not be read again. */
  #memory: LoadMemory | undefined;

  constructor(path: string, host: ConfigurationHost = systemHost) {
    this.#path = path;
    this.#host = host;
  }

  /**
   * What a request would put in force. Nothing is written.
   * @throws ControlError: `invalid` with all problems, or why it cannot be
   */
  propose(request: ConfigurationRequest): Proposal {
    if (request.kind === 'reload') return this.#load(new Map());
    this.#requireUnchanged();
    const edited = request.kind === 'replace' ? new Map([[this.#path, request.text]]) : this.#edit(request.change);
    const proposal = this.#load(edited);
    if (request.kind === 'change')
      for (const file of proposal.texts.keys())
        if (!this.#texts.has(file)) throw outdated(file, 'is new since the daemon has read the configuration');
    return proposal;
  }

  /** Writes what has to be written; the proposal is the configuration in force from here on. */
  commit({ replacements, texts, configuration, memory }: Proposal): void {
    inWords(() => replaceFiles(replacements));
    this.#texts = texts;
    this.#configuration = configuration;
    this.#memory = memory;
  }

  #load(edited: ReadonlyMap<string, string>): Proposal {
    const read = new Map<string, string>();
    const host: ConfigurationHost = {
      ...this.#host,
      readFile: (path) => {
        const text = edited.get(path) ?? this.#host.readFile(path);
        read.set(path, text);
        return text;
      },
    };
    const loaded = loadConfiguration(this.#path, host, { memory: this.#memory });
    if ('errors' in loaded) throw new InvalidConfiguration(loaded.errors);
    const { configuration, warnings, memory } = loaded;
    const texts = new Map(configuration.files.map((file) => [file, read.get(file) ?? '']));
    const replacements = [...edited].flatMap(([path, after]) => {
      const before = this.#texts.get(path) ?? '';
      return before === after ? [] : [{ path, before, after }];
    });
    return { configuration, warnings, texts, replacements, memory };
  }

  #edit(change: ConfigurationChange): ReadonlyMap<string, string> {
    const language = languageOf(this.#path, this.#texts.get(this.#path) ?? '');
    if (language !== 'yaml')
      throw new ControlError(
        'conflict',
        `${this.#path} is a ${language}, which is changed by hand; "cygnet import" makes a file of it that commands can change`,
      );
    if (change.change === 'delete') this.#requireUnused(change);
    return inWords(() => editFiles(this.#texts, change));
  }

  /** Else a change of one object would put in force whatever else has been written since. */
  #requireUnchanged(): void {
    for (const [file, text] of this.#texts)
      if (textOf(this.#host, file) !== text) throw outdated(file, 'has changed since the daemon has read it');
  }

  #requireUnused({ kind, names }: Extract<ConfigurationChange, { readonly change: 'delete' }>): void {
    if (kind === 'tunnel') return;
    for (const name of names) {
      const users = (this.#configuration?.tunnels ?? []).filter(({ policy }) => policy[kind] === name);
      if (users.length === 0) continue;
      const list = users.map((tunnel) => tunnel.name).join(', ');
      throw new ControlError('conflict', `${kind} ${name} has tunnels: ${list}; delete them, or move them, first`);
    }
  }
}

/** With all problems, warnings included; nothing of it is put in force. */
export class InvalidConfiguration extends ControlError {
  constructor(problems: readonly Problem[]) {
    super('invalid', 'the configuration would be invalid; nothing was changed', { problems });
  }
}

function outdated(file: string, what: string): ControlError {
  return new ControlError(
    'conflict',
    `${file} ${what}; see what that changes with "cygnet plan", and put it in force with "cygnet apply", first`,
  );
}

function textOf(host: ConfigurationHost, file: string): string | undefined {
  try {
    return host.readFile(file);
  } catch {
    return undefined;
  }
}

function inWords<Result>(action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof ChangeRefusal) throw new ControlError(error.why, error.message);
    throw error;
  }
}
