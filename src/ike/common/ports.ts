/** RFC 7296 §2: where IKE starts. */
export const IKE_PORT = 500;

/** RFC 3948 §2: where IKE shares the socket with ESP. */
export const NAT_TRAVERSAL_PORT = 4500;
