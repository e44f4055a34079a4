import type { YAMLError } from 'yaml';

/**
 * An error of the YAML parser in plain words. The parser's own text is not passed on: it may quote the line, and the
 * line may hold a key.
 */
export function syntaxMessage(error: YAMLError): string {
  const character = /(?:reserved|indicator) character (\S)/.exec(error.message)?.[1];
  if (error.code === 'BAD_SCALAR_START' && character !== undefined)
    return `a value that starts with ${character} must be quoted`;
  return MESSAGES[error.code] ?? 'this is not YAML; check the indentation and the quotes';
}

const MESSAGES: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  TAB_AS_INDENT: 'a tab stands in the indentation; use blanks',
  BAD_INDENT: 'the indentation is wrong, or a closing bracket is missing before this',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping begins within a value; check the indentation, or quote a value that contains ": "',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line and end with a colon; check the indentation',
  MISSING_CHAR:
    'a closing quote or bracket, or a separating comma or colon, is missing; a value with brackets must be quoted',
  UNEXPECTED_TOKEN: 'this does not belong here; check the indentation and the quotes',
  MULTIPLE_DOCS: 'a file holds one document only; remove the line ---',
  TAG_RESOLVE_FAILED: 'tags are not used here; a value that starts with ! must be quoted',
  BAD_DIRECTIVE: 'directives are not used here; a value that starts with % must be quoted',
  BAD_SCALAR_START: 'a value that starts with this character must be quoted',
  BAD_DQ_ESCAPE: 'this escape is not known; write \\\\ for a backslash in double quotes, or use single quotes',
  BAD_ALIAS: 'an alias must have a name; a value that starts with * must be quoted',
};
