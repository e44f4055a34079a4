import { applyRules } from './key-rules.ts';
import { setApart } from './swanctl-attributes.ts';
import { CHILD_KEYS } from './swanctl-keys.ts';
import type { Section } from './swanctl-sections.ts';
import type { TreeMap } from './value-tree.ts';
import { listOf, mapOf } from './value-tree.ts';
import type { Remarks, Written } from './written.ts';
import { listItems } from './written.ts';

/** Traffic that another daemon lets by, or blocks, as a section of our `shunts`. */
export type ForeignShunt = { readonly name: Written; readonly tree: TreeMap };

/** Whether a child is a policy alone, with nothing to negotiate. */
export function isShunt(child: Section): boolean {
  return ACTIONS.has(child.get('mode')?.text ?? '');
}

/** The children of all connections that are shunts; one is in force where it is said to be trapped. */
export function swanctlShunts(root: Section, remarks: Remarks): ForeignShunt[] {
  return (root.section('connections')?.sections() ?? []).flatMap((connection) => connectionShunts(connection, remarks));
}

export function connectionShunts(connection: Section, remarks: Remarks): ForeignShunt[] {
  const children = connection.section('children')?.sections() ?? [];
  return children.filter(isShunt).flatMap((child) => shuntOf(connection, child, remarks));
}

const ACTIONS: ReadonlyMap<string, 'bypass' | 'block'> = new Map([
  ['pass', 'bypass'],
  ['drop', 'block'],
]);

function shuntOf(connection: Section, child: Section, remarks: Remarks): ForeignShunt[] {
  const { name } = child;
  applyRules(child.settings(), (word) => CHILD_KEYS.get(word), [...CHILD_KEYS.keys()], remarks);
  if (child.get('start_action')?.text.includes('trap') !== true) {
    remarks.note(name.position, 'is left out: only with start_action = trap is a shunt in force without a command');
    return [];
  }
  const mode = child.get('mode');
  const action = mode === undefined ? undefined : { ...mode, text: ACTIONS.get(mode.text) ?? '' };
  const priority = child.get('priority');
  const forwardOut = child.get('policies_fwd_out');
  const tree = mapOf(name.position, {
    action,
    local: segments(child, 'local_ts', remarks),
    remote: segments(child, 'remote_ts', remarks),
    ...setApart(child, connection),
    priority: priority?.text === '0' ? undefined : priority,
    forwardOut: forwardOut?.text === 'yes' ? { ...forwardOut, text: 'true' } : undefined,
  });
  return [{ name, tree }];
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
