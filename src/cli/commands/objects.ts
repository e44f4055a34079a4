import { type Command, InvalidArgumentError } from 'commander';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import type { PlanReport } from '../../control/plan-shapes.ts';
import { OBJECT_KINDS, type ObjectKind } from '../../control/words.ts';
import { configure } from '../configure.ts';
import { type Context, clientCommand, controlClient } from '../context.ts';
import { CliFailure } from '../failure.ts';
import type { Terminal } from '../terminal.ts';

type Finish = (status: ExitStatus) => void;
type Shared = { readonly dryRun?: true; readonly json?: true; readonly control?: string };
type Values = Record<string, string>;

export function createCommand({ terminal }: Context, finish: Finish): Command {
  return objectCommand('create')
    .argument('<name>', 'its name')
    .option('--set <key=value>', SET_HELP, setValue)
    .action(async (kind: ObjectKind, name: string, { set = {}, ...shared }: Shared & { set?: Values }) => {
      const values = await filled(set, terminal);
      finish(
        await ask(terminal, shared, (client, more) => client.call('create', { kind, name, set: values, ...more })),
      );
    });
}

export function editCommand({ terminal }: Context, finish: Finish): Command {
  return objectCommand('edit')
    .argument('<name>', 'its name')
    .option('--set <key=value>', SET_HELP, setValue)
    .option('--unset <key>', 'take a key out, so that its default is used; can be repeated', unsetKey)
    .action(
      async (
        kind: ObjectKind,
        name: string,
        { set = {}, unset = [], ...shared }: Shared & { set?: Values; unset?: string[] },
      ) => {
        if (Object.keys(set).length + unset.length === 0)
          throw new CliFailure(EXIT.usage, 'name what is to change, with --set or --unset');
        const values = await filled(set, terminal);
        const change = { kind, name, set: values, unset };
        finish(await ask(terminal, shared, (client, more) => client.call('edit', { ...change, ...more })));
      },
    );
}

export function renameCommand({ terminal }: Context, finish: Finish): Command {
  return objectCommand('rename')
    .argument('<name>', 'its name')
    .argument('<to>', 'its new name')
    .action(async (kind: ObjectKind, name: string, to: string, shared: Shared) => {
      finish(await ask(terminal, shared, (client, more) => client.call('rename', { kind, name, to, ...more })));
    });
}

export function deleteCommand({ terminal }: Context, finish: Finish): Command {
  return objectCommand('delete')
    .argument('<name...>', 'their names')
    .action(async (kind: ObjectKind, names: string[], shared: Shared) => {
      finish(await ask(terminal, shared, (client, more) => client.call('delete', { kind, names, ...more })));
    });
}

const SET_HELP = 'a value, such as ike.dhGroup=14; can be repeated; with - as value it is read from stdin';

function objectCommand(name: 'create' | 'edit' | 'rename' | 'delete'): Command {
  return clientCommand(name, name)
    .argument('<kind>', `${OBJECT_KINDS.join(', ')}, or their plurals`, kindOf)
    .option('--dry-run', 'tell what it would do, and do nothing')
    .option('--json', 'print JSON');
}

type Client = ReturnType<typeof controlClient>;
type More = { readonly dryRun?: true };

function ask(
  terminal: Terminal,
  { dryRun, json, control }: Shared,
  call: (client: Client, more: More) => Promise<PlanReport>,
): Promise<ExitStatus> {
  const client = controlClient(control === undefined ? {} : { control }, terminal);
  return configure({
    terminal,
    json: json === true,
    ask: () => call(client, dryRun ? { dryRun } : {}),
    dryRun: dryRun === true,
  });
}

function kindOf(text: string): ObjectKind {
  const kind = OBJECT_KINDS.find((known) => text === known || text === `${known}s`);
  if (kind === undefined) throw new InvalidArgumentError(`It must be one of ${OBJECT_KINDS.join(', ')}.`);
  return kind;
}

function setValue(text: string, values: Values = {}): Values {
  const [, key, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined) throw new InvalidArgumentError('It must be a key and a value, such as ike.dhGroup=14.');
  return { ...values, [key]: value };
}

function unsetKey(text: string, keys: readonly string[] = []): readonly string[] {
  return [...keys, text];
}

/** What the list of processes of this machine should not show, such as a key, comes from stdin. */
async function filled(values: Values, terminal: Terminal): Promise<Values> {
  if (!Object.values(values).includes('-')) return values;
  const input = (await terminal.input()).replace(/\r?\n$/, '');
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value === '-' ? input : value]));
}
