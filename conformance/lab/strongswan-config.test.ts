import { describe, expect, it } from 'vitest';
import { renderSection } from './strongswan-config.ts';

describe("strongSwan's configuration language", () => {
  it('sections nest, booleans are yes and no', () => {
    expect(renderSection({ connections: { t: { version: 2, mobike: false, local: { id: 'a.example' } } } })).toBe(
      'connections {\n  t {\n    version = 2\n    mobike = no\n    local {\n      id = a.example\n    }\n  }\n}\n',
    );
  });

  it('characters that mean something to it are quoted', () => {
    expect(renderSection({ secret: 'a#b' })).toBe('secret = "a#b"\n');
    expect(renderSection({ secret: 'a}b"c' })).toBe('secret = "a}b\\"c"\n');
  });
});
