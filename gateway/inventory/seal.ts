/** Seals secrets with AES-256-GCM: `sealed:v1:<base64url of nonce, ciphertext, tag>`; the owner's name is authenticated, so a sealed text cannot be moved. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { GatewayError } from '../domain/errors.ts';

const mark = 'sealed:v1:';
const nonceBytes = 12;
const tagBytes = 16;

export interface Sealer {
  /** `owner` says whose secret it is, for example `cameras.gate.password`. */
  seal(text: string, owner: string): string;
  /** Throws SECRET_UNREADABLE, naming the owner. */
  unseal(sealed: string, owner: string): string;
}

export function isSealed(text: string): boolean {
  return text.startsWith('sealed:');
}

export function sealerOf(key: Uint8Array): Sealer {
  return {
    seal: (text, owner) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes });
      cipher.setAAD(Buffer.from(owner));
      return mark + Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
    },
    unseal: (sealed, owner) => {
      const unreadable = (cause?: unknown) =>
        new GatewayError(
          'SECRET_UNREADABLE',
          `The secret of ${owner} was sealed with another key, or for another item, and cannot be read on this box.`,
          {
            cause,
            context: { item: owner },
          },
        );
      if (!sealed.startsWith(mark)) throw unreadable();
      const bytes = Buffer.from(sealed.slice(mark.length), 'base64url');
      // base64url leaves spare bits at the end and skips strange characters: only the canonical text is accepted.
      if (bytes.length < nonceBytes + tagBytes || bytes.toString('base64url') !== sealed.slice(mark.length)) throw unreadable();
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
      decipher.setAAD(Buffer.from(owner));
      decipher.setAuthTag(bytes.subarray(-tagBytes));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(nonceBytes, -tagBytes)), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw unreadable(cause);
      }
    },
  };
}
