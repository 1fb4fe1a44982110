/** Files that are there whole or not at all: until they are finished they have another name, by which a crash leaves them recognisable. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

const ending = '.part';

/** The name of a file while it is written. */
export const growing = (file: string): string => file + ending;

/** The name that it will have; undefined for one that has it. */
export function finished(name: string): string | undefined {
  return name.endsWith(ending) ? name.slice(0, -ending.length) : undefined;
}

/** What was written, and is on disk, takes its name; the folder remembers it. */
export async function settle(file: string): Promise<void> {
  await rename(growing(file), file);
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A small one, at once. */
export async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(growing(file), 'w', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await settle(file);
}
