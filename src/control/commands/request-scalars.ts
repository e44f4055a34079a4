import { z } from 'zod';

/** What the requests are made of. */

/** The name of a tunnel, gateway or peer. */
export const name = z.string().min(1).max(256);

export const names = z.array(name).min(1).max(10_000);
