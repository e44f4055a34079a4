import { type Command, Option } from 'commander';
import { EXIT, type ExitStatus } from '../../control/exit.ts';
import { EVENT_LEVELS, type EventLevel } from '../../control/words.ts';
import {
  type Context,
  controlPath,
  DEFAULT_CONFIG,
  DEFAULT_CONTROL,
  DEFAULT_STATE,
  DEFAULT_VICI,
  describedCommand,
} from '../context.ts';
import { CliFailure } from '../failure.ts';

type Options = {
  readonly config: string;
  readonly control?: string;
  readonly controlGroup?: string;
  readonly readGroup?: string;
  /** True: `--vici` alone. */
  readonly vici?: string | true;
  /** False: `--no-state`. */
  readonly state?: string | false;
  readonly logLevel?: EventLevel;
};

export function daemonCommand({ terminal, startDaemon }: Context, finish: (status: ExitStatus) => void): Command {
  return describedCommand({
    usage: 'daemon',
    summary: 'run the gateway in the foreground, with a JSON log on stdout',
    examples: [
      ['', `with ${DEFAULT_CONFIG}`],
      ['--config test.yaml --control /tmp/c.sock', 'beside another one'],
      ['--read-group monitor', 'members of that group may read and change nothing'],
      ['--vici /run/charon.vici', "for strongSwan's swanctl, where it looks by itself"],
      ['--log-level debug', 'with one line for each exchange'],
    ],
    exits: [EXIT.ok, EXIT.failed, EXIT.usage, EXIT.configurationInvalid],
  })
    .option('--config <file>', 'the configuration', DEFAULT_CONFIG)
    .option('--control <socket>', `where to listen for commands; else $CYGNET_CONTROL, else ${DEFAULT_CONTROL}`)
    .option('--control-group <group>', "whose members may use that socket; else the daemon's own group")
    .option('--read-group <group>', 'whose members may only read, by a second socket beside it: control-ro.sock')
    .option('--vici [socket]', `speak vici, for strongSwan's tools; at ${DEFAULT_VICI} where nothing is said`)
    .option('--state <directory>', `what survives a crash; else $STATE_DIRECTORY, else ${DEFAULT_STATE}`)
    .option('--no-state', 'keep nothing: peers are not told of a crash')
    .addOption(new Option('--log-level <level>', 'the least to log; else $CYGNET_LOG, else info').choices(EVENT_LEVELS))
    .action(async ({ config, control, controlGroup, readGroup, vici, state, logLevel }: Options) => {
      finish(
        await startDaemon({
          configPath: config,
          controlPath: controlPath(control, terminal),
          controlGroup,
          readGroup,
          viciPath: vici === true ? DEFAULT_VICI : vici,
          stateDirectory: stateDirectory(state, terminal.env.STATE_DIRECTORY),
          logLevel: logLevel ?? levelOf(terminal.env.CYGNET_LOG),
        }),
      );
    });
}

/** systemd names the directories of `StateDirectory=` in one variable, with colons between them. */
function stateDirectory(option: string | false | undefined, variable = ''): string | undefined {
  if (option === false) return undefined;
  return option ?? (variable.split(':')[0] || DEFAULT_STATE);
}

function levelOf(text: string | undefined): EventLevel {
  if (text === undefined || text === '') return 'info';
  const level = EVENT_LEVELS.find((known) => known === text);
  if (level !== undefined) return level;
  throw new CliFailure(
    EXIT.usage,
    `$CYGNET_LOG is ${JSON.stringify(text)}; it must be one of ${EVENT_LEVELS.join(', ')}`,
  );
}
