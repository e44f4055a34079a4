/** The file that this program was started from: bin/cygnet.js, or a link to it. */
export const PROGRAM = process.argv[1] ?? '';
