/** A secret that the box makes for itself, once, in a file of mode 0600. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Secret } from '../domain/secret.ts';
import { replaceFile } from './whole-file.ts';

/** Made where there is none, or half of one. Throws what the disk says. */
export async function madeSecret(file: string): Promise<Secret> {
  try {
    const text = (await readFile(file, 'utf8')).trim();
    if (text.length >= 32) {
      await chmod(file, 0o600);
      return new Secret(text);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const text = randomBytes(32).toString('base64url');
  await replaceFile(file, `${text}\n`, 0o600);
  return new Secret(text);
}
