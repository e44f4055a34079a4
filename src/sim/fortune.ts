import type { Duration } from '../base/time.ts';
import { MINUTE, SECOND } from '../base/time.ts';
import type { PresetName } from './conditions.ts';
import type { Range } from './dice.ts';
import type { OperationName } from './operations.ts';
import { OPERATION_NAMES } from './operations.ts';

/** What may befall a tunnel in its life. */
export type Fortune = {
  readonly weathers: readonly PresetName[];
  /** What the ends begin; what is named more than once is begun more often. */
  readonly operations: readonly OperationName[];
  /** Whether no packet may be lost, whatever is done. */
  readonly lossless: boolean;
  readonly kernelMayRefuse: boolean;
  /** Whether supervisors connect the ends again. */
  readonly supervised: boolean;
  readonly childLifetime: Range;
  readonly ikeLifetime: Range;
};

const REKEYINGS: readonly OperationName[] = ['rekey the Child SA', 'rekey the Child SA', 'rekey the IKE SA'];

const GENTLE = {
  operations: [...REKEYINGS, 'probe the peer'],
  lossless: true,
  kernelMayRefuse: false,
  supervised: false,
} as const satisfies Partial<Fortune>;

/**
 * Lifetimes are as short as the weather allows: a rekeying that is to cost no packet has its margin (a tenth of the
 * lifetime at the responder) for all its repetitions, and for one refusal by a peer that is busy.
 */
export const FORTUNES = {
  /** Nothing is lost on the way, so that lifetimes can be short. */
  brisk: {
    ...GENTLE,
    weathers: ['calm', 'duplicating', 'reordering'],
    childLifetime: [40 * SECOND, 2 * MINUTE],
    ikeLifetime: [MINUTE, 3 * MINUTE],
  },
  quiet: {
    ...GENTLE,
    weathers: ['calm', 'lossy10', 'duplicating', 'reordering', 'satellite'],
    childLifetime: [2 * MINUTE, 4 * MINUTE],
    ikeLifetime: [3 * MINUTE, 8 * MINUTE],
  },
  rough: {
    weathers: ['calm', 'lossy10', 'lossy30', 'bursty', 'duplicating', 'reordering', 'satellite', 'awful'],
    operations: [...OPERATION_NAMES, ...REKEYINGS, ...REKEYINGS, ...REKEYINGS],
    lossless: false,
    kernelMayRefuse: true,
    supervised: true,
    childLifetime: [6 * SECOND, MINUTE],
    ikeLifetime: [15 * SECOND, 4 * MINUTE],
  },
} as const satisfies { readonly [name: string]: Fortune };

export type FortuneName = keyof typeof FORTUNES;

/** How often a supervisor looks after its tunnel. */
export const SUPERVISION_INTERVAL: Duration = 3 * SECOND;
