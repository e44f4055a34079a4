import { refused, type ViciCall } from '../command.ts';
import type { ViciSection } from '../message.ts';
import { section, textOf } from '../section.ts';
import { meansChildren, selectChildren, selectIkeSas, selectionOf } from '../selection.ts';
import type { Selection, ViciActing, ViciIkeSa, ViciNews } from '../vici-api.ts';
import { untilNews, waitingOf } from '../waiting.ts';

/**
 * Deletes what is named and waits until it is gone. Child SAs go alone, an IKE SA with its Child SAs. With `force` an IKE
 * SA goes without the peer's answer, at once or when `timeout` is over.
 */
export async function terminate(request: ViciSection, call: ViciCall): Promise<ViciSection> {
  const selection = selectionOf(request);
  if (selection === undefined) return refused('missing terminate selector');
  const force = textOf(request, 'force') === 'yes';
  const { tunnels, matches, awaited, kind, end } = terminated(call.api, selection, force);
  if (matches === 0)
    return section({ success: 'no', matches, terminated: 0, errmsg: 'no matching SAs to terminate found' });
  const waiting = waitingOf(request);
  const open = new Set(awaited);
  const outcome = await untilNews<object>(call, {
    ...waiting,
    tunnels,
    begin: () => end(force && waiting.timeout <= 0),
    outcome: (news) => {
      if (news !== undefined) follow(open, news, kind);
      return open.size === 0 ? {} : undefined;
    },
  });
  if (outcome === undefined && force) end(true);
  if (outcome !== undefined || waiting.timeout < 0 || force)
    return section({ success: 'yes', matches, terminated: matches });
  const errmsg = `not all SAs are terminated after ${waiting.timeout}ms`;
  return section({ success: 'no', matches, terminated: matches - open.size, errmsg });
}

type Kind = 'ike' | 'child';

type Terminated = {
  readonly kind: Kind;
  readonly matches: number;
  readonly tunnels: ReadonlySet<string>;
  /** The unique ids of those whose end is told. What is not established yet ends without an event of its own. */
  readonly awaited: readonly number[];
  readonly end: (atOnce: boolean) => void;
};

type Api = ViciActing & { ikeSas(selection: Selection): readonly ViciIkeSa[] };

/** `force` also means what waits for the peer's answer to an earlier command. */
function terminated(api: Api, selection: Selection, force: boolean): Terminated {
  if (meansChildren(selection)) {
    const children = selectChildren(api.ikeSas(selection), selection);
    return {
      kind: 'child',
      matches: children.length,
      tunnels: new Set(children.map(({ tunnel }) => tunnel)),
      awaited: children.map(({ uniqueId }) => uniqueId),
      // Here they are gone before the peer knows of it.
      end: () => {
        for (const { tunnel, uniqueId } of children) api.endChild(tunnel, uniqueId);
      },
    };
  }
  const found = selectIkeSas(api.ikeSas(selection), selection, { going: force });
  return {
    kind: 'ike',
    matches: found.length,
    tunnels: new Set(found.flatMap((ike) => ike.tunnels)),
    awaited: found.flatMap(({ uniqueId, state }) => (state === 'CONNECTING' ? [] : [uniqueId])),
    end: (atOnce) => {
      for (const { uniqueId } of found) api.endIke(uniqueId, atOnce);
    },
  };
}

/** What is gone is no longer waited for; a successor that came about meanwhile is. */
function follow(open: Set<number>, news: ViciNews, kind: Kind): void {
  if (news.kind === 'ike-updown' && !news.up && kind === 'ike') open.delete(news.ike.uniqueId);
  if (news.kind === 'child-updown' && !news.up && kind === 'child') open.delete(news.child.uniqueId);
  const isRekeyed = news.kind === `${kind}-rekey`;
  if (isRekeyed && (news.kind === 'ike-rekey' || news.kind === 'child-rekey') && open.delete(news.old.uniqueId))
    open.add(news.successor.uniqueId);
}
