import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileErrorText } from '../host.ts';
import { ChangeRefusal } from './change.ts';

/** One file whose text is to be another one than it was read to be. */
export type Replacement = { readonly path: string; readonly before: string; readonly after: string };

/**
 * Replaces files, each at once and for good: whoever reads one meanwhile, or after a crash, sees the old text or the new
 * one, whole. Owner and mode stay, and a symbolic link goes on pointing to its file. Where anything fails, all of them
 * are as they were.
 *
 * @throws ChangeRefusal
 */
export function replaceFiles(replacements: readonly Replacement[]): void {
  const prepared: Prepared[] = [];
  const done: Prepared[] = [];
  try {
    for (const replacement of replacements) prepared.push(prepare(replacement));
    // As late as can be: whoever edits by hand is not to lose it.
    for (const { target, before, path } of prepared) requireText(target, before, path);
    for (const one of prepared) {
      renameSync(one.draft, one.target);
      done.push(one);
      syncDirectory(dirname(one.target));
    }
  } catch (error) {
    for (const { target, before } of done) renameSync(draftOf(target, before), target);
    throw error instanceof ChangeRefusal ? error : new ChangeRefusal('conflict', refusalText(error));
  } finally {
    for (const { draft } of prepared) rmSync(draft, { force: true });
  }
}

type Prepared = Replacement & { readonly target: string; readonly draft: string };

function prepare(replacement: Replacement): Prepared {
  const target = realpathSync(replacement.path);
  return { ...replacement, target, draft: draftOf(target, replacement.after) };
}

/** A file beside the target, of the same owner and mode, with this text safely on the disk. */
function draftOf(target: string, text: string): string {
  const { mode, uid, gid } = statSync(target);
  const draft = join(dirname(target), `.cygnet-${process.pid}-${drafts++}.tmp`);
  const file = openSync(draft, 'wx', 0o600);
  try {
    const { uid: ownUid, gid: ownGid } = statSync(draft);
    if (uid !== ownUid || gid !== ownGid) fchownSync(file, uid, gid);
    fchmodSync(file, mode & 0o7777);
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  return draft;
}

/** No two drafts of a process have one name. */
let drafts = 0;

function requireText(target: string, text: string, path: string): void {
  if (readFileSync(target, 'utf8') !== text)
    throw new ChangeRefusal('conflict', `${path} was changed by somebody else meanwhile; nothing was written`);
}

function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function refusalText(error: unknown): string {
  const path = (error as NodeJS.ErrnoException).path ?? 'the configuration';
  return `${path} cannot be written: ${fileErrorText(error)}; nothing was changed`;
}
