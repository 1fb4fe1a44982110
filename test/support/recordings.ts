/** A recording of the media plane, with what it says on the way. */
import { MessageChannel } from 'node:worker_threads';
import type { ChannelId } from '../../gateway/domain/ids.ts';
import type { MediaPlane } from '../../gateway/domain/ports.ts';
import type { RecordingEnd, RecordingMessage, RecordingOrder, RecordingSpec } from '../../gateway/domain/recording.ts';
import { runProgram } from './run-program.ts';

export async function startRecording(
  plane: MediaPlane,
  channel: ChannelId,
  spec: Omit<RecordingSpec, 'kind' | 'port' | 'sound'> & { readonly sound?: boolean },
) {
  const { port1, port2 } = new MessageChannel();
  const messages: RecordingMessage[] = [];
  const ended = new Promise<RecordingEnd>((resolve) => {
    port1.on('message', (message: RecordingMessage) => {
      messages.push(message);
      if (message.kind === 'ended') resolve(message);
    });
  });
  await plane.prepare(
    { kind: 'recording', channel, profile: 'main', purpose: 'local', sound: true, port: port2, ...spec },
    new AbortController().signal,
  );
  return { messages, ended, order: (order: RecordingOrder) => port1.postMessage(order), close: () => port1.close() };
}

/**
 * What ffprobe makes of the pictures of a film, or of its sound: what it complains of, how many packets there are, and how many seconds. What is
 * recorded in this process meanwhile goes on.
 */
export async function probe(ffprobe: string, file: string, stream: 'v' | 'a' = 'v') {
  const wanted = ['-show_entries', 'stream=nb_read_packets,codec_name:packet=pts_time'];
  const args = ['-v', 'warning', '-f', 'mp4', '-select_streams', stream, '-count_packets', ...wanted, '-of', 'json', file];
  const { output, errors } = await runProgram(ffprobe, args);
  const { streams = [], packets = [] } = JSON.parse(output) as {
    readonly streams?: readonly { readonly codec_name: string; readonly nb_read_packets: string }[];
    readonly packets?: readonly { readonly pts_time: string }[];
  };
  const times = packets.map(({ pts_time }) => Number(pts_time));
  return { complaints: errors, codec: streams[0]?.codec_name, pictures: times.length, seconds: Math.max(...times) - Math.min(...times) };
}
