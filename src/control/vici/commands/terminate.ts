import { refused, type ViciCall } from '../command.ts';
import type { ViciSection } from '../message.ts';
import { section, textOf } from '../section.ts';
import { meansChildren, type Selection, selectChildren, selectIkeSas, selectionOf } from '../selection.ts';
import type { ViciIkeSa, ViciNews } from '../vici-api.ts';
import { untilNews, waitingOf } from '../waiting.ts';

/**
 * Deletes what is named and waits until it is gone. A tunnel is deleted as a whole: where its IKE SA serves no other one,
 * that goes as well, even where only Child SAs were named. With `force` it does not wait for the peer.
 */
export async function terminate(request: ViciSection, call: ViciCall): Promise<ViciSection> {
  const selection = selectionOf(request);
  if (selection === undefined) return refused('missing terminate selector');
  const { tunnels, matches, awaited, kind } = terminated(call.api.ikeSas(), selection);
  if (matches === 0)
    return section({ success: 'no', matches, terminated: 0, errmsg: 'no matching SAs to terminate found' });
  const given = waitingOf(request);
  const waiting = textOf(request, 'force') === 'yes' && given.timeout === 0 ? { ...given, timeout: -1 } : given;
  const open = new Set(awaited);
  const outcome = await untilNews<object>(call, {
    ...waiting,
    tunnels,
    begin: () => {
      for (const tunnel of tunnels) call.api.terminate(tunnel);
    },
    outcome: (news) => {
      if (news !== undefined) follow(open, news, kind);
      return open.size === 0 ? {} : undefined;
    },
  });
  if (outcome !== undefined || waiting.timeout < 0) return section({ success: 'yes', matches, terminated: matches });
  const errmsg = `not all SAs are terminated after ${waiting.timeout}ms`;
  return section({ success: 'no', matches, terminated: matches - open.size, errmsg });
}

type Kind = 'ike' | 'child';

/** What is not established yet ends without an event of its own. */
function terminated(ikeSas: readonly ViciIkeSa[], selection: Selection) {
  if (meansChildren(selection)) {
    const children = selectChildren(ikeSas, selection);
    const awaited = children.map(({ uniqueId }) => uniqueId);
    const tunnels = new Set(children.map(({ tunnel }) => tunnel));
    return { tunnels, matches: children.length, awaited, kind: 'child' as const };
  }
  const found = selectIkeSas(ikeSas, selection);
  const awaited = found.flatMap(({ uniqueId, state }) => (state === 'CONNECTING' ? [] : [uniqueId]));
  const tunnels = new Set(found.flatMap((ike) => ike.tunnels));
  return { tunnels, matches: found.length, awaited, kind: 'ike' as const };
}

/** What is gone is no longer waited for; a successor that came about meanwhile is. */
function follow(open: Set<number>, news: ViciNews, kind: Kind): void {
  if (news.kind === 'ike-updown' && !news.up && kind === 'ike') open.delete(news.ike.uniqueId);
  if (news.kind === 'child-updown' && !news.up && kind === 'child') open.delete(news.child.uniqueId);
  const isRekeyed = news.kind === `${kind}-rekey`;
  if (isRekeyed && (news.kind === 'ike-rekey' || news.kind === 'child-rekey') && open.delete(news.old.uniqueId))
    open.add(news.successor.uniqueId);
}
