/** The committed inputs of a target: its corpus (one line each, in base64, the shortest first), and what once broke its parser. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const folder = new URL('../fixtures/fuzz/', import.meta.url);
/** Bytes of one target's inputs; base64 makes a third more of them. */
export const corpusRoom = 8 * 1024;

const fileOf = (target: string) => new URL(`${target}.txt`, folder);

export function readCorpus(target: string): Uint8Array[] {
  if (!existsSync(fileOf(target))) return [];
  return readFileSync(fileOf(target), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Buffer.from(line, 'base64'));
}

/** Files `found/TARGET.WHAT.bin`. */
export function readFound(target: string): Uint8Array[] {
  const found = new URL('found/', folder);
  const names = readdirSync(found).filter((name) => name.startsWith(`${target}.`));
  return names.sort().map((name) => readFileSync(new URL(name, found)));
}

export function writeCorpus(target: string, inputs: readonly Uint8Array[]): void {
  const lines = new Set(inputs.filter(({ length }) => length > 0).map((input) => Buffer.from(input).toString('base64')));
  const sorted = [...lines].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  writeFileSync(fileOf(target), sorted.map((line) => `${line}\n`).join(''));
}
