import type { ViciSection } from './message.ts';
import { childrenSection, childSection, ikeSection } from './sa-sections.ts';
import { flag, named, section } from './section.ts';
import type { ViciLogLine, ViciNews } from './vici-api.ts';

/** The message of the event of the same name. */
export function newsEvent(news: ViciNews, now: number): ViciSection {
  switch (news.kind) {
    case 'ike-updown':
      return section({ up: flag(news.up) }, [news.ike.connection, ikeSection(news.ike, now)]);
    case 'child-updown': {
      const children = childrenSection([news.child], now);
      return section({ up: flag(news.up) }, [news.ike.connection, ikeSection(news.ike, now, ['child-sas', children])]);
    }
    case 'ike-rekey': {
      const both = section({ old: ikeSection(news.old, now), new: ikeSection(news.successor, now) });
      return named(news.successor.connection, both);
    }
    case 'child-rekey': {
      const both = section({ old: childSection(news.old, now), new: childSection(news.successor, now) });
      return named(news.ike.connection, ikeSection(news.ike, now, ['child-sas', named(news.old.name, both)]));
    }
    case 'ike-update':
      return section(
        {
          'local-host': news.local.address,
          'local-port': news.local.port,
          'remote-host': news.remote.address,
          'remote-port': news.remote.port,
        },
        [news.ike.connection, ikeSection(news.ike, now)],
      );
    case 'alert':
      return section({
        type: news.type,
        'ike-sa': news.ike === undefined ? undefined : named(news.ike.connection, ikeSection(news.ike, now)),
      });
    case 'log':
      return logEvent(news, { thread: '1' });
  }
}

/** charon has threads, which its log names; Cygnet has one for all of IKE. */
export function logEvent(line: ViciLogLine, extra: { readonly thread?: string } = {}): ViciSection {
  return section({
    group: line.group,
    level: line.level,
    thread: extra.thread,
    'ikesa-name': line.ike?.name,
    'ikesa-uniqueid': line.ike?.uniqueId,
    msg: line.text,
  });
}
