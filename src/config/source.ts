import type { Position } from './problem.ts';

export type ValuePath = readonly PropertyKey[];

/** One file of the configuration, with the way back from a value to its place in the text. */
export type Source = {
  readonly file: string;
  /** Where the value of a path stands; where nothing is written, its key, or that of what should hold it. */
  value(path: ValuePath): Position;
  /** Where the key of a path stands. */
  key(path: ValuePath): Position;
  /** Whether the file says something about a path. */
  has(path: ValuePath): boolean;
  /** Whether it is in a language that has a place of its own for keys, from which they were taken. */
  readonly keysApart?: true;
  /** Whether its places are names of keys, so that a sentence about one needs no other name. */
  readonly namesPlaces?: boolean;
};
