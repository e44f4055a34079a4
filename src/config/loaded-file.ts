import type { RawFile } from './schema.ts';
import type { Source } from './source.ts';

/** A file that keeps to the schema. */
export type LoadedFile = { readonly source: Source; readonly raw: RawFile };
