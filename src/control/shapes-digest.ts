/** Of docs/openapi.json, which has every shape of the control API; `npm run docs` writes this file anew. */
export const SHAPES_DIGEST = '5475014b4d9d6ee0';
