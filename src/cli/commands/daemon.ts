import { type Command, Option } from 'commander';
import { EXIT, type ExitStatus } from '../../control/commands.ts';
import { EVENT_LEVELS, type EventLevel } from '../../control/protocol.ts';
import { type Context, controlPath, DEFAULT_CONFIG, DEFAULT_CONTROL, describedCommand } from '../context.ts';
import { CliFailure } from '../failure.ts';

type Options = { readonly config: string; readonly control?: string; readonly logLevel?: EventLevel };

export function daemonCommand({ terminal, startDaemon }: Context, finish: (status: ExitStatus) => void): Command {
  return describedCommand({
    usage: 'daemon',
    summary: 'run the gateway in the foreground, with a JSON log on stdout',
    examples: [
      ['', `with ${DEFAULT_CONFIG}`],
      ['--config test.yaml --control /tmp/c.sock', 'beside another one'],
      ['--log-level debug', 'with one line for each exchange'],
    ],
    exits: [EXIT.ok, EXIT.failed, EXIT.usage, EXIT.configurationInvalid],
  })
    .option('--config <file>', 'the configuration', DEFAULT_CONFIG)
    .option('--control <socket>', `where to listen for commands; else $CYGNET_CONTROL, else ${DEFAULT_CONTROL}`)
    .addOption(new Option('--log-level <level>', 'the least to log; else $CYGNET_LOG, else info').choices(EVENT_LEVELS))
    .action(async ({ config, control, logLevel }: Options) => {
      finish(
        await startDaemon({
          configPath: config,
          controlPath: controlPath(control, terminal),
          logLevel: logLevel ?? levelOf(terminal.env.CYGNET_LOG),
        }),
      );
    });
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
