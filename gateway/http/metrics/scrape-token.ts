/** The token that lets a program read `/metrics`, and the doctor of the command line ask about an uplink: made once, in a file of mode 0600 that its owner copies into the scraper. */
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '../../domain/secret.ts';
import { replaceFile } from '../../runtime/whole-file.ts';

export const scrapeTokenFile = 'metrics.token';

export async function scrapeTokenIn(folder: string): Promise<Secret> {
  const file = join(folder, scrapeTokenFile);
  try {
    const text = (await readFile(file, 'utf8')).trim();
    if (text.length >= 32) {
      await chmod(file, 0o600);
      return new Secret(text);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const token = randomBytes(32).toString('base64url');
  await replaceFile(file, `${token}\n`, 0o600);
  return new Secret(token);
}
