import { dirname } from 'node:path';
import { expandPattern } from '../glob.ts';
import type { ConfigurationHost } from '../host.ts';
import { fileErrorText } from '../host.ts';
import type { Position } from '../problem.ts';
import type { Remarks, Written } from './written.ts';

/** More than any sane set-up has, and an end for a pattern that matches too much. */
const MAX_FILES = 1000;

/** The files of another daemon that were read so far, each once. */
export class ForeignFiles {
  readonly names: string[] = [];
  readonly #host: ConfigurationHost;
  readonly #remarks: Remarks;

  constructor(host: ConfigurationHost, remarks: Remarks) {
    this.#host = host;
    this.#remarks = remarks;
  }

  /** The files of an `include`, relative to the one that includes them; a pattern may match nothing. */
  *included(pattern: Written): Generator<{ readonly file: string; readonly text: string }> {
    const { file } = pattern.position;
    for (const path of expandPattern(pattern.text, dirname(file), this.#host)) {
      // The place tells which one: what is broken may have a key where the name of a file is expected.
      const text = this.#read(path, 'this file', pattern.position);
      if (text !== undefined) yield { file: path, text };
    }
  }

  /** Undefined where the file cannot be had, which is said at the place that asks for it. */
  read({ text: path, position }: Written): string | undefined {
    return this.#read(path, path, position);
  }

  #read(path: string, name: string, position: Position): string | undefined {
    if (this.names.includes(path)) this.#remarks.refuse(position, `${name} is included twice`);
    else if (this.names.length >= MAX_FILES)
      this.#remarks.refuse(position, `more than ${MAX_FILES} files are included`);
    else {
      this.names.push(path);
      try {
        return this.#host.readFile(path);
      } catch (error) {
        this.#remarks.refuse(position, `${name} cannot be read: ${fileErrorText(error)}`);
      }
    }
    return undefined;
  }

  /** Says where others may read what holds keys. */
  warnWhereOpen(path: string): void {
    try {
      const open = (this.#host.permissions(path) & OTHERS_READ) !== 0;
      if (open)
        this.#remarks.note(
          { file: path, line: 1, column: 1 },
          `everyone may read the keys in it; run chmod 600 ${path}`,
        );
    } catch {
      // It was read a moment ago; that it is gone now will be said by whoever needs it.
    }
  }
}

/** The file of a daemon that was installed by a distribution may belong to a group that may read it. */
const OTHERS_READ = 0o004;
