/** The words that requests and replies choose from, for those who need no schema. */

export const LIST_KINDS = ['tunnels', 'gateways', 'peers', 'shunts'] as const;
export type ListKind = (typeof LIST_KINDS)[number];

export const OBJECT_KINDS = ['tunnel', 'gateway', 'peer'] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

export const EVENT_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type EventLevel = (typeof EVENT_LEVELS)[number];
