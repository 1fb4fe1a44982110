/** Small files that a power cut leaves whole: the old ones or the new ones, never half of one. */
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Resolves once it stands on the disk under that name. Never readable by others on the way than `mode` says. `draft`: its name until then. */
export async function replaceFile(file: string, content: string | Uint8Array, mode: number, draft = `${file}.new`): Promise<void> {
  const opened = await open(draft, 'w', mode);
  try {
    await opened.chmod(mode); // an old draft keeps its mode otherwise
    await opened.writeFile(content);
    await opened.sync();
  } finally {
    await opened.close();
  }
  await takeName(draft, file);
}

/** What is on the disk under the name of a draft gets its own; the folder remembers it. */
export async function takeName(draft: string, file: string): Promise<void> {
  await rename(draft, file);
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
