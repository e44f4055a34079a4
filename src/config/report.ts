import type { Problem } from './problem.ts';
import { errorAt, warningAt } from './problem.ts';
import { about } from './schema-problems.ts';
import type { Source, ValuePath } from './source.ts';

/** Collects the problems of one part of a file; paths are told from that part. */
export class Report {
  readonly #source: Source;
  readonly #base: ValuePath;
  readonly #problems: Problem[];

  constructor(source: Source, base: ValuePath, problems: Problem[]) {
    this.#source = source;
    this.#base = base;
    this.#problems = problems;
  }

  /** At the value of a path. */
  error(path: ValuePath, sentence: string): void {
    this.#problems.push(errorAt(this.#source.value(this.#full(path)), this.#about(path, sentence)));
  }

  errorAtKey(path: ValuePath, sentence: string): void {
    this.#problems.push(errorAt(this.#source.key(this.#full(path)), this.#about(path, sentence)));
  }

  warning(path: ValuePath, sentence: string): void {
    this.#problems.push(warningAt(this.#source.value(this.#full(path)), this.#about(path, sentence)));
  }

  warningAtKey(path: ValuePath, sentence: string): void {
    this.#problems.push(warningAt(this.#source.key(this.#full(path)), this.#about(path, sentence)));
  }

  /** Whether the file itself says something about a path. */
  has(path: ValuePath): boolean {
    return this.#source.has(this.#full(path));
  }

  #full(path: ValuePath): ValuePath {
    return [...this.#base, ...path];
  }

  #about(path: ValuePath, sentence: string): string {
    return about(this.#source, this.#full(path), sentence);
  }
}
