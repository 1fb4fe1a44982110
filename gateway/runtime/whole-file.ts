/** Small files that a power cut leaves whole: the old ones or the new ones, never half of one. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Resolves once the text stands on the disk under that name. Never readable by others on the way than `mode` says. */
export async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  const draft = `${file}.new`;
  const opened = await open(draft, 'w', mode);
  try {
    await opened.chmod(mode); // an old draft keeps its mode otherwise
    await opened.writeFile(text);
    await opened.sync();
  } finally {
    await opened.close();
  }
  await rename(draft, file);
  // The name itself is the folder's.
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
