import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXIT_TEXT } from '../control/exit.ts';
import { cygnet } from './testing/cli.ts';

const text = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');

describe('docs/cli.md', () => {
  it('names every command and every option, and no command that is not there', async () => {
    const help = (await cygnet(['--help'])).out;
    const commands = [...help.matchAll(/^ {2}([\w-]+) (?:\[options\]|<)/gm)].map(([, name = '']) => name);
    expect(commands.length).toBeGreaterThan(10);
    const synopsis = text.slice(0, text.indexOf('\n`cygnet COMMAND'));
    for (const name of commands) {
      expect(synopsis).toMatch(new RegExp(`^ +cygnet \\S*\\b${name}\\b`, 'm'));
      const options = (await cygnet([name, '--help'])).out.matchAll(/^ +(?:-\w, )?(--[a-z-]+)/gm);
      for (const [, option = ''] of options) if (option !== '--help') expect(text).toContain(option);
    }
    const named = [...synopsis.matchAll(/^ +cygnet (\S+)/gm)].flatMap(([, names = '']) => names.split('|'));
    expect(named.toSorted()).toEqual(commands.toSorted());
  });

  it('tells for every command with --json what that prints, and names no shape that is not published', async () => {
    const rows = text.slice(text.indexOf('\n## JSON\n'), text.indexOf('\n## demo\n'));
    const told = [...rows.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, names = '']) =>
      names.replaceAll('`', '').split(', '),
    );
    const help = (await cygnet(['--help'])).out;
    const commands = [...help.matchAll(/^ {2}([\w-]+) (?:\[options\]|<)/gm)].map(([, name = '']) => name);
    const withJson: string[] = [];
    for (const name of commands) if ((await cygnet([name, '--help'])).out.includes('--json')) withJson.push(name);
    expect(told.toSorted()).toEqual(withJson.toSorted());
    const published = readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
    const shapes = [...rows.matchAll(/\| ([A-Z]\w+)/g)].map(([, name = '']) => name);
    expect(shapes.length).toBeGreaterThan(8);
    for (const shape of shapes) expect(published).toContain(`"#/components/schemas/${shape}"`);
  });

  it('tells every exit status', () => {
    for (const status of Object.keys(EXIT_TEXT)) expect(text).toMatch(new RegExp(`^\\| ${status} \\|`, 'm'));
  });
});
