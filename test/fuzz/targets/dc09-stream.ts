/** The bytes of a panel's connection, in whatever chunks they arrive. */
import { readFileSync } from 'node:fs';
import { mostBody } from '../../../adapters/protocols/dc09/frame.ts';
import { Dc09Framer, readOldHeartbeat } from '../../../adapters/protocols/dc09/framer.ts';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import { mustNotMindChunks } from '../shared/chunks.ts';
import { type FuzzTarget, must } from '../target.ts';

function transcript(chunks: readonly Buffer[]): string[] {
  const framer = new Dc09Framer();
  const lines: string[] = [];
  try {
    for (const chunk of chunks) {
      for (const line of framer.push(chunk)) {
        must(line.byteLength <= mostBody + 8, 'a frame is no longer than its length can say', () => line.byteLength);
        lines.push(line.toString('latin1'), JSON.stringify(readOldHeartbeat(line)));
      }
    }
    lines.push(`${framer.waiting}`);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    // What came before a line without end in the same read has been said in other chunks.
    return [error.message];
  }
  return lines;
}

export const dc09StreamTarget: FuzzTarget = {
  name: 'dc09-stream',
  seeds: () => {
    const frames: { frame: string }[] = JSON.parse(readFileSync(new URL('../../fixtures/dc09/vectors.json', import.meta.url), 'utf8'));
    const stream = frames.map(({ frame }) => `\n${frame}\r`).join('');
    return [Buffer.from(stream.slice(0, 400)), Buffer.from('SR0001L0001    006969XX    [ID00000000]\n'), Buffer.from(`\n${'A'.repeat(5_000)}\r`)];
  },
  longest: 8 * 1024,
  allows: () => false,
  words: ['\n', '\r', 'SR0001L0001 ', ' [ID0]'],
  run(input) {
    mustNotMindChunks(input, transcript);
  },
};
