import { pathToFileURL } from 'node:url';

/** Runs one named check: `kernel-check MODULE NAME`, inside a network namespace of its own. */
type Check = { readonly name: string; run(): void | Promise<void> };

const [module = '', name] = process.argv.slice(2);
const { checks } = (await import(pathToFileURL(module).href)) as { checks: readonly Check[] };
const check = checks.find((entry) => entry.name === name);
if (check === undefined) throw new Error(`no check ${name}`);
await check.run();
// What a failed check may leave open (sockets) must not keep a passed one from ending.
process.exit(0);
