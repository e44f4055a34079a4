/**
 * Why a packet is not sealed or opened. Negative, so that one number is either a length or a fault: nothing is
 * allocated for a packet that is refused.
 */
export const REPLAYED = -1;
export const BAD_ICV = -2;
/** Too short, no whole number of blocks, bad padding, or no room for it in memory. */
export const MALFORMED = -3;
/** Authentic and to be dropped: next header 59 (RFC 4303 §2.6). */
export const DUMMY = -4;
/** Authentic, but no IP packet is inside. */
export const NOT_TUNNEL = -5;
/** No sequence number is left (RFC 4303 §3.3.3): the SA must be replaced. */
export const EXHAUSTED = -6;
/** The crypto library has failed, or the transform is closed: what is in memory must not go on. */
export const CRYPTO_FAILED = -7;
