import { applyRules } from './key-rules.ts';
import { setApart } from './swanctl-attributes.ts';
import { CHILD_KEYS } from './swanctl-keys.ts';
import type { Section } from './swanctl-sections.ts';
import type { TreeMap } from './value-tree.ts';
import { listOf, mapOf } from './value-tree.ts';
import type { Remarks, Written } from './written.ts';
import { listItems } from './written.ts';

/** Traffic that another daemon lets by, or blocks, as a section of our `shunts`. */
export type ForeignShunt = {
  readonly name: Written;
  readonly tree: TreeMap;
  /** Whether it is in force without a command: it is said to be trapped. */
  readonly standing: boolean;
};

/** Whether a child is a policy alone, with nothing to negotiate. */
export function isShunt(child: Section): boolean {
  return ACTIONS.has(child.get('mode')?.text ?? '');
}

/** The children of all connections that are shunts, and in force. */
export function swanctlShunts(root: Section, remarks: Remarks): ForeignShunt[] {
  const connections = root.section('connections')?.sections() ?? [];
  const shunts = connections.flatMap((connection) => connectionShunts(connection, remarks));
  for (const { name, standing } of shunts)
    if (!standing)
      remarks.note(name.position, 'is left out: only with start_action = trap is a shunt in force without a command');
  return shunts.filter(({ standing }) => standing);
}

/** All of one connection. */
export function connectionShunts(connection: Section, remarks: Remarks): ForeignShunt[] {
  const children = connection.section('children')?.sections() ?? [];
  return children.filter(isShunt).map((child) => shuntOf(connection, child, remarks));
}

/** There a `pass` goes before all tunnels, and a `drop` behind them. */
const ACTIONS: ReadonlyMap<string, { readonly action: string; readonly precedence: string }> = new Map([
  ['pass', { action: 'bypass', precedence: 'first' }],
  ['drop', { action: 'block', precedence: 'last' }],
]);

function shuntOf(connection: Section, child: Section, remarks: Remarks): ForeignShunt {
  const { name } = child;
  applyRules(child.settings(), (word) => CHILD_KEYS.get(word), [...CHILD_KEYS.keys()], remarks);
  const mode = child.get('mode');
  const said = (key: 'action' | 'precedence') => mode && { ...mode, text: ACTIONS.get(mode.text)?.[key] ?? '' };
  const priority = child.get('priority');
  const forwardOut = child.get('policies_fwd_out');
  const tree = mapOf(name.position, {
    action: said('action'),
    precedence: said('precedence'),
    local: segments(child, 'local_ts', remarks),
    remote: segments(child, 'remote_ts', remarks),
    ...setApart(child, connection),
    priority: priority?.text === '0' ? undefined : priority,
    forwardOut: forwardOut?.text === 'yes' ? { ...forwardOut, text: 'true' } : undefined,
  });
  return { name, tree, standing: child.get('start_action')?.text.includes('trap') === true };
}

/** An end of a connection that a shunt has none of cannot stand for its segments. */
function segments(child: Section, key: string, remarks: Remarks) {
  const written = child.get(key);
  const items = written === undefined ? [] : listItems(written);
  const open = items.find(({ text }) => text.startsWith('dynamic'));
  if (written === undefined || open !== undefined)
    remarks.refuse((open ?? written ?? child.name).position, `${key} of a shunt must be written, as in 10.0.0.0/16`);
  return listOf((written ?? child.name).position, items);
}
