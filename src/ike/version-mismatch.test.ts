import { describe, expect, it } from 'vitest';
import { converse, pair } from './testing/pair.ts';

describe('a peer of the other version', () => {
  it.each([
    { initiator: 1, responder: 2 },
    { initiator: 2, responder: 1 },
  ] as const)(
    'IKEv$initiator to a tunnel of IKEv$responder: nothing comes of it, and the tunnel shows why',
    (versions) => {
      const both = pair({ left: { version: versions.initiator }, right: { version: versions.responder } });
      both.left.initiate();
      converse(both);
      expect(both.right.reasonsOf('peer.refused')).toEqual(['version-mismatch']);
      expect(both.right.views()).toEqual([]);
    },
  );
});
