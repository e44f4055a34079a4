import type { Meanings } from './vici-answers.ts';

/** What swanctl prints of Cygnet otherwise than of charon, and is meant to; each with the reason. */
const ONE_CALLED = { path: ' initiator$', why: 'only the end that has called says so' };
const LAST_USE = {
  path: ' use-(in|out)$',
  why: 'charon asks its policies, Cygnet its SAs: Linux tells of those since 6.2',
};

/** What is different about one and the same pair of SAs. */
export const OF_SAS: Meanings = {
  keys: [ONE_CALLED, LAST_USE],
  values: [
    { path: ' (uniqueid|reqid)$', why: 'each daemon has numbers of its own' },
    { path: ' (established|install-time)$', why: 'the ends are asked one after the other' },
    { path: ' (rekey-time|life-time)$', why: 'each end chooses its time by chance' },
  ],
  lines: [{ path: '^ +(in|out) ', why: LAST_USE.why }],
};

export const OF_CONNECTIONS: Meanings = {
  values: [
    {
      path: ' unique$',
      why: 'a new IKE SA of a peer always takes the place of its old one in Cygnet, as with replace',
    },
  ],
};

export const OF_STATISTICS: Meanings = {
  values: [
    { path: ' uptime ', why: 'each has been started at a time of its own' },
    { path: ' (workers|scheduled|mallinfo)', why: 'threads, timers and memory are those of another program' },
    { path: ' plugins$', why: 'Cygnet has none, and names itself and its data plane' },
  ],
  lines: [{ path: '^loaded plugins:', why: 'Cygnet has none, and names itself and its data plane' }],
};

const AT_A_TASK = 'charon tells of an SA in the middle of a task, and Cygnet once it is done';

export const OF_EVENTS: Meanings = {
  keys: [LAST_USE, { path: ' tasks-(active|passive)$', why: AT_A_TASK }],
  lines: [
    { path: '^ +(in|out) ', why: LAST_USE.why },
    { path: '^ +(active|passive): ', why: AT_A_TASK },
    { path: ', (DELETING, IKEvN|DELETED, TUNNEL),', why: AT_A_TASK },
  ],
};

export const OF_COUNTERS: Meanings = {
  values: [
    { path: ' invalid-spi$', why: 'charon counts a repeated IKE_SA_INIT that comes while it still makes the IKE SA' },
  ],
};

/** Of one daemon and another one. */
export const OF_VERSION: Meanings = {
  values: [{ path: ' (daemon|version)$', why: 'it is another daemon' }],
  lines: [{ path: '^strongSwan N', why: 'it is another daemon' }],
};

/** Of the lines of the log and the refusal that end an attempt. */
export const OF_ATTEMPTS: Meanings = {
  lines: [
    {
      path: "^initiate failed: establishing CHILD_SA '[^']+' failed",
      why: "Cygnet says the reason behind charon's words",
    },
    { path: '^\\[GROUP\\] of the log', why: 'what there is to log is each its own' },
  ],
};
