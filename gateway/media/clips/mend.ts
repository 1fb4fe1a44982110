/** A recording that nobody finished: kept with what it holds, its whole fragments, hashed and named as one that was. */
import { createHash } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import type { MendedRecording } from '../../domain/recording.ts';
import { instant } from '../../domain/time.ts';
import { growing, settle } from '../../runtime/growing-file.ts';
import type { ClipTools } from '../ports.ts';

const pieceBytes = 1024 * 1024;

/** Also of one that was finished after all: then it only says what it holds. Nothing left of it: 0 bytes. */
export async function mendRecording(file: string, tools: ClipTools): Promise<MendedRecording> {
  const finished = await opened(file, 'r');
  const handle = finished ?? (await opened(growing(file), 'r+'));
  if (!handle) return { bytes: 0 };
  try {
    const { size } = await handle.stat();
    const { end, began, length } = await tools.wholeFragments(size, (at, most) => piece(handle, at, most));
    if (end === 0) {
      await unlink(finished ? file : growing(file));
      return { bytes: 0 };
    }
    if (!finished) {
      await handle.truncate(end);
      await handle.sync();
    }
    const sha256 = await hashOf(handle, finished ? size : end);
    if (!finished) await settle(file);
    const times = began === undefined ? {} : { from: instant(Math.round(began)), to: instant(Math.round(began + length)) };
    return { bytes: finished ? size : end, sha256, ...times };
  } finally {
    await handle.close();
  }
}

async function opened(file: string, flags: 'r' | 'r+'): Promise<FileHandle | undefined> {
  try {
    return await open(file, flags);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function piece(handle: FileHandle, at: number, most: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(most), 0, most, at);
  return buffer.subarray(0, bytesRead);
}

async function hashOf(handle: FileHandle, size: number): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < size; ) {
    const bytes = await piece(handle, at, Math.min(pieceBytes, size - at));
    if (bytes.length === 0) break;
    hash.update(bytes);
    at += bytes.length;
  }
  return hash.digest('hex');
}
