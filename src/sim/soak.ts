import { anyLife, liveWithoutEnd } from './endless-lives.ts';

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const [given] = process.argv.slice(2);
const first = given === undefined ? Math.floor(Math.random() * 1e9) : Number(given);
if (!Number.isSafeInteger(first)) {
  say('usage: npm run soak -- [SEED]');
  process.exit(2);
}
let stopped = false;
process.on('SIGINT', () => {
  stopped = true;
});
say(`seeds from ${first} on; Ctrl-C ends it`);
process.exitCode = await liveWithoutEnd({ first, lifeOf: anyLife, say, isStopped: () => stopped });
