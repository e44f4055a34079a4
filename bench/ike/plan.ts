/** Who has which address: tunnels are numbered from 0, and each peer has an address and a segment of its own. */

/** The responder's, on its loopback. */
export const RESPONDER = '198.51.100.1';
export const RESPONDER_SEGMENT = '192.168.0.0/24';
export const PSK = 'test.1231';

/** So many tunnels a generator has at most; the addresses of its peers are one block of them. */
export const BLOCK = 1 << 16;

/** Of the peer that has this tunnel. */
export function peerAddress(tunnel: number): string {
  return dotted(PEERS + tunnel + 1);
}

export function peerSegment(tunnel: number): string {
  return `${dotted(SEGMENTS + tunnel * 4)}/30`;
}

/** All addresses of one generator's peers. */
export function blockOf(generator: number): string {
  return `${dotted(PEERS + generator * BLOCK)}/16`;
}

export const ALL_SEGMENTS = '10.64.0.0/10';
/** From where spoofed requests come. */
export const SPOOFED = '10.224.0.0/11';

export function spoofedAddress(random: number): string {
  return dotted(0x0a_e0_00_00 + (random & 0x1f_ff_ff));
}

const PEERS = 0x0a_80_00_00;
const SEGMENTS = 0x0a_40_00_00;

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}
