import type { EventType } from '../../control/event-types.ts';
import type { ControlEvent } from '../../control/protocol.ts';
import type { ViciLogLine } from '../../control/vici/vici-api.ts';
import type { MessageEvent } from '../../observe/exchange-record.ts';

type Text = Pick<ViciLogLine, 'group' | 'level' | 'text'>;

/** What the stream of events tells, in the groups that charon's log has. */
export function logText({ event, level, text }: ControlEvent): Text {
  const group = GROUPS[event as EventType] ?? 'IKE';
  return { group, level: level === 'debug' ? 2 : level === 'info' ? 1 : 0, text };
}

/** A message as charon shows it: its payloads in brackets. */
export function messageText({ type, exchange, kind, messageId, payloads }: MessageEvent): Text {
  const verb = type === 'message.sent' ? 'generating' : 'parsed';
  const name = kind === undefined ? exchange : `${exchange} ${kind}`;
  return {
    group: 'ENC',
    level: 1,
    text: `${verb} ${name} ${messageId} [ ${payloads.map((payload) => `${payload} `).join('')}]`,
  };
}

const GROUPS: { readonly [Type in EventType]?: string } = {
  'datagram.dropped': 'NET',
  'peer.refused': 'CFG',
  'configuration.applied': 'CFG',
  'traffic.waiting': 'KNL',
  'trap.failed': 'KNL',
  'kernel.failed': 'KNL',
};
