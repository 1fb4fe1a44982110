/** The encrypted form of DC-09 against OpenSSL: what we seal it opens, and what it seals we open. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { seal, unseal } from '../../adapters/protocols/dc09/cipher.ts';
import { peer } from '../support/peers.ts';

const openssl = peer('openssl');
const content = { data: '#1234|1130 02 015', extended: ['X121.4737'], timestamp: Date.UTC(2026, 5, 1, 8, 15, 30) };
const clear = '|#1234|1130 02 015][X121.4737]_08:15:30,06-01-2026';

function aes(direction: '-e' | '-d', key: Buffer, input: Uint8Array): Buffer {
  const options = ['-K', key.toString('hex'), '-iv', '0'.repeat(32), '-nopad'];
  return execFileSync(openssl!, ['enc', `-aes-${key.byteLength * 8}-cbc`, direction, ...options], { input });
}

test.skipIf(!openssl).each([16, 24, 32])('with a key of %i bytes', (length) => {
  const key = Buffer.from('0123456789ABCDEF0123456789ABCDEF'.slice(0, length));
  const opened = aes(
    '-d',
    key,
    Buffer.from(
      seal(content, key, (count) => 'x'.repeat(count)),
      'hex',
    ),
  ).toString('latin1');
  expect(opened.replace(/^x+/, '')).toBe(clear);
  const blocks = Buffer.from(clear.padStart(64, 'y'));
  expect(unseal(aes('-e', key, blocks).toString('hex'), key)).toEqual(content);
});
