import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isGatewayError } from '../../../gateway/domain/errors.ts';
import { sealerOf } from '../../../gateway/inventory/seal.ts';

const sealer = sealerOf(randomBytes(32));

function unreadable(action: () => unknown, item: string): boolean {
  try {
    action();
    return false;
  } catch (error) {
    return isGatewayError(error, 'SECRET_UNREADABLE') && error.context.item === item;
  }
}

test('whatever is sealed is unsealed by the same key for the same owner, and only there', () => {
  const other = sealerOf(randomBytes(32));
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.string(), (text, owner, stranger) => {
      const sealed = sealer.seal(text, owner);
      expect(sealed).toMatch(/^sealed:v1:[\w-]+$/);
      expect(sealer.unseal(sealed, owner)).toBe(text);
      expect(sealer.seal(text, owner)).not.toBe(sealed);
      expect(unreadable(() => other.unseal(sealed, owner), owner)).toBe(true);
      if (stranger !== owner) expect(unreadable(() => sealer.unseal(sealed, stranger), stranger)).toBe(true);
    }),
  );
});

test('a sealed text with any character changed, cut or added is refused', () => {
  const sealed = sealer.seal('secret', 'cameras.a.password');
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ ';
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.constantFrom(...letters), (at, letter) => {
      const changed = sealed.slice(0, at) + letter + sealed.slice(at + 1);
      const refused = unreadable(() => sealer.unseal(changed, 'cameras.a.password'), 'cameras.a.password');
      expect(refused).toBe(changed !== sealed);
      expect(unreadable(() => sealer.unseal(sealed.slice(0, at), 'x'), 'x')).toBe(true);
    }),
  );
  expect(unreadable(() => sealer.unseal(`${sealed}A`, 'cameras.a.password'), 'cameras.a.password')).toBe(true);
});
