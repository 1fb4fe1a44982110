/** The sound of a program stream as ffprobe takes it out, packet by packet, unparsed: it takes G.711 for mp2. */
import { runProgram } from './run-program.ts';

/** `shown`: further options that say what is shown; `entries`: of each packet. */
export async function soundPackets<Packet>(
  ffprobe: string,
  stream: Buffer,
  { shown, entries, patience }: { readonly shown: readonly string[]; readonly entries: string; readonly patience: number },
): Promise<readonly Packet[]> {
  const taken = ['-v', 'quiet', '-fflags', '+noparse', '-f', 'mpeg', '-select_streams', 'a'];
  const args = [...taken, ...shown, '-show_entries', `packet=${entries}`, '-of', 'json', 'pipe:0'];
  const { output } = await runProgram(ffprobe, args, patience, stream);
  return JSON.parse(output).packets;
}
