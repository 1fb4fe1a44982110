/** Files that are there whole or not at all: until they are finished they have another name, by which a crash leaves them recognisable. */
import { replaceFile, takeName } from './whole-file.ts';

const ending = '.part';

/** The name of a file while it is written. */
export const growing = (file: string): string => file + ending;

/** The name that it will have; undefined for one that has it. */
export function finished(name: string): string | undefined {
  return name.endsWith(ending) ? name.slice(0, -ending.length) : undefined;
}

/** What was written, and is on disk, takes its name. */
export const settle = (file: string): Promise<void> => takeName(growing(file), file);

/** A small one, at once. */
export const writeWhole = (file: string, bytes: Uint8Array): Promise<void> => replaceFile(file, bytes, 0o600, growing(file));
