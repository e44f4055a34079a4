/**
 * Everything that the stream of events tells, by the type of the event. A daemon of a later version may know more: a
 * client passes over what it does not know.
 */
export const EVENT_TYPES = {
  'ike.initiated': 'an attempt to connect has begun',
  'ike.answered': 'the peer has answered; nothing is proven yet',
  'ike.established': 'an IKE SA is up (stage 1)',
  'instance.added': 'a peer of a tunnel for many has proven who it is, and has a tunnel of its own now',
  'instance.removed': 'it is gone, and its tunnel with it',
  'ike.rekeyed': 'an IKE SA has a successor with new keys',
  'ike.failed': 'an attempt came to nothing, in stage 1 or 2',
  'ike.closed': 'an established IKE SA is gone',
  'child.installed': 'a Child SA is up and carries traffic (stage 2)',
  'child.rekeyed': 'a Child SA has a successor with new keys',
  'child.deleted': 'a Child SA is gone',
  'child.failed': 'a Child SA was refused, or could not be installed, while its IKE SA lives on',
  'nat.detected': 'which end is behind NAT',
  'auth.failed': 'one end could not prove who it is',
  'message.retransmitted': 'the peer has not answered yet, and a message was sent again',
  'peer.unresponsive': 'the peer no longer answers',
  'peer.moved': 'the peer is at another address',
  'peer.synchronized': 'another member of the cluster at the other end has taken over (RFC 6311)',
  'path.changed': 'the tunnel has moved to other addresses (RFC 4555)',
  'peer.refused': 'a request that fits no tunnel was refused',
  'peer.unfinished': 'a peer has begun an IKE SA and did not go on',
  'traffic.waiting': 'a packet has asked for a tunnel that waits for one',
  'trap.failed': 'the data plane refuses to tell of packets for a tunnel',
  'kernel.failed': 'the data plane (the kernel, or the daemon itself) has refused an operation',
  'configuration.applied': 'another configuration is in force',
  'datagram.dropped': 'datagrams were dropped; counted, at a limited rate',
} as const satisfies Record<string, string>;

export type EventType = keyof typeof EVENT_TYPES;
