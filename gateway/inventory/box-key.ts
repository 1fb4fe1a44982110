/** `box.key`: 32 random bytes, made at first start, mode 0600. It seals the secrets of the inventory; without it they cannot be read. */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, linkSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../domain/errors.ts';

const length = 32;

/** `made` is true where there was none. Throws KEY_FILE_UNSAFE where others may read it, SECRET_UNREADABLE where it is not a key. */
export function openBoxKey(folder: string): { readonly key: Buffer; readonly made: boolean } {
  const file = join(folder, 'box.key');
  const found = readKey(file);
  if (found) return { key: found, made: false };
  // Written aside and then linked: a crash leaves no half key, and of two first starts at once only one wins.
  const draft = join(folder, `box.key.${randomBytes(6).toString('hex')}`);
  const opened = openSync(draft, 'wx', 0o600);
  try {
    writeSync(opened, randomBytes(length));
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
  let made = true;
  try {
    linkSync(draft, file);
  } catch (error) {
    // Another start was first: its key counts.
    if (codeOf(error) !== 'EEXIST') throw error;
    made = false;
  } finally {
    unlinkSync(draft);
  }
  syncFolder(folder);
  const key = readKey(file);
  if (!key) throw new GatewayError('SECRET_UNREADABLE', `The key file ${file} vanished while it was made.`, { context: { file } });
  return { key, made };
}

function readKey(file: string): Buffer | undefined {
  let opened: number;
  try {
    opened = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw unsafe(
      file,
      `The key file ${file} could not be opened: ${codeOf(cause)}. It must be a regular file of the user that runs the gateway.`,
      cause,
    );
  }
  try {
    const { mode } = fstatSync(opened);
    if ((mode & 0o077) !== 0) {
      const seen = (mode & 0o777).toString(8).padStart(4, '0');
      throw unsafe(file, `The key file ${file} has mode ${seen}, so that others can read it; it must be 0600. Run: chmod 600 '${file}'`);
    }
    const key = Buffer.alloc(length + 1);
    const count = readSync(opened, key, 0, length + 1, 0);
    if (count !== length) {
      throw new GatewayError('SECRET_UNREADABLE', `The key file ${file} does not hold exactly ${length} bytes: restore it from a backup.`, {
        context: { file },
      });
    }
    return key.subarray(0, length);
  } finally {
    closeSync(opened);
  }
}

function syncFolder(folder: string): void {
  const opened = openSync(folder, 'r');
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

function unsafe(file: string, sentence: string, cause?: unknown): GatewayError {
  return new GatewayError('KEY_FILE_UNSAFE', sentence, { cause, context: { file } });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
