/** Why a file or a socket of the system could not be read, in words. */
export function readFailure(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown error';
  return WORDS[code] ?? code;
}

const WORDS: Readonly<Record<string, string>> = {
  EPERM: 'only root may look at it',
  EACCES: 'only root may look at it',
  ENOENT: 'this kernel does not have it',
};
