/** Cameras that send pictures in another order than they are shown in: ffmpeg shows what comes out of the gateway in the order of the source. */
import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { writeSdp } from '../../adapters/protocols/sdp/sdp.ts';
import { openMediaPlane } from '../../gateway/assemble-media.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { openSink, resolverOf, until } from '../contract/media-plane.ts';
import { peer } from '../support/peers.ts';
import { captured, mediaFixture, picturesOf } from '../support/rtp-captures.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import { runProgram } from '../support/run-program.ts';

const ffmpeg = peer('ffmpeg');
const key = { username: 'reader', password: 'Reader_Key-42' };
const patience = 60_000;
const frame = 3_600;

/** The pictures of the capture over and over: sequence numbers and times go on. */
async function gateway(capture: string, encoding: string) {
  const pictures = picturesOf(captured(capture));
  const first = pictures[0]![0]!.readUInt32BE(8);
  let sequence = 65_500;
  const send = (socket: Socket, _: readonly Buffer[], index: number) => {
    for (const packet of pictures[index % pictures.length]!) {
      const copy = Buffer.from(packet);
      const shown = ((packet.readUInt32BE(8) - first) | 0) + Math.floor(index / pictures.length) * pictures.length * frame;
      copy.writeUInt16BE(sequence & 0xffff, 6);
      copy.writeUInt32BE((4_294_960_000 + shown) >>> 0, 8);
      sequence += 1;
      socket.write(copy);
    }
  };
  const sdp = writeSdp({
    name: 'reordered',
    connection: 'IN IP4 0.0.0.0',
    attributes: [{ name: 'control', value: '*' }],
    media: [
      {
        ...{ kind: 'video', port: 0, protocol: 'RTP/AVP', formats: ['96'] },
        attributes: [
          { name: 'rtpmap', value: `96 ${encoding}/90000` },
          { name: 'control', value: 'trackID=1' },
        ],
      },
    ],
  });
  const camera = await openTestCamera({ sdp, send });
  const plane = openMediaPlane({ clock: systemClock, log: silentLogger, resolve: resolverOf(camera), worker: false });
  const { port } = await plane.serveRtsp({ address: '127.0.0.1', port: 0 });
  await plane.admit([key]);
  return {
    plane,
    url: `rtsp://${key.username}:${key.password}@127.0.0.1:${port}/gate/main`,
    [Symbol.asyncDispose]: async () => {
      await plane[Symbol.asyncDispose]();
      await camera[Symbol.asyncDispose]();
    },
  };
}

interface Shown {
  /** Pictures after the first one. */
  readonly time: number;
  readonly hash: string;
}

/** What ffmpeg shows, every complaint an error. */
async function shownBy(input: readonly string[], bytes?: Uint8Array): Promise<readonly Shown[]> {
  const args = ['-v', 'error', '-xerror', ...input, '-fps_mode', 'passthrough', '-enc_time_base', '-1', '-f', 'framemd5', '-'];
  const { code, output, errors } = await runProgram(ffmpeg!, args, patience, bytes);
  expect(errors).toBe('');
  expect(code).toBe(0);
  const lines = output.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const perPicture = 25 / Number(/#tb 0: 1\/(\d+)/.exec(output)?.[1]);
  const rows = lines.map((line) => line.split(',').map((part) => part.trim()));
  const first = Number(rows[0]?.[2]);
  return rows.map((row) => ({ time: (Number(row[2]) - first) * perPicture, hash: row.at(-1)! }));
}

describe.skipIf(!ffmpeg).each([
  { codec: 'h264', encoding: 'H264', file: 'ffmpeg-reordered-h264.h264', format: 'h264' },
  { codec: 'h265', encoding: 'H265', file: 'ffmpeg-reordered-h265.h265', format: 'hevc' },
])('a camera with B pictures in $codec', ({ codec, encoding, file, format }) => {
  /** The source, again and again, from either of its keyframes on. */
  async function expectSource(shown: readonly Shown[]) {
    const source = (await shownBy(['-f', format, '-i', 'pipe:0'], mediaFixture(file))).map(({ hash }) => hash);
    expect(source).toHaveLength(40);
    const from = source.indexOf(shown[0]!.hash);
    expect([0, 20]).toContain(from);
    expect(shown.map(({ hash }) => source.indexOf(hash))).toEqual(shown.map((_, index) => (from + index) % 40));
    expect(shown.map(({ time }) => Math.round(time * 100) / 100)).toEqual(shown.map((_, index) => index));
  }

  test('is shown in the order of the source, out of the fMP4 for browsers', async () => {
    await using box = await gateway(`ffmpeg-reordered-${codec}.interleaved`, encoding);
    const { messages, sink } = await openSink(box.plane);
    await until(() => messages.length > 70);
    await sink[Symbol.asyncDispose]();
    const shown = await shownBy(['-f', 'mp4', '-i', 'pipe:0'], Buffer.concat(messages.flatMap((one) => ('bytes' in one ? [one.bytes] : []))));
    // What was still to be shown when it ended is not.
    expect(shown.length).toBeGreaterThan(60);
    await expectSource(shown.slice(0, 60));
  });

  test('is shown in the order of the source, over the RTSP of the gateway', async () => {
    await using box = await gateway(`ffmpeg-reordered-${codec}.interleaved`, encoding);
    // Of the first pictures ffmpeg guesses the times, from the camera itself as well: here they are numbered.
    await expectSource(await shownBy(['-rtsp_transport', 'tcp', '-i', box.url, '-frames:v', '50', '-vf', 'setpts=N/(25*TB)']));
  });
});
