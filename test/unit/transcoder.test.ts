import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { splitAnnexB } from '../../adapters/protocols/h26x/nal.ts';
import { openTranscoder, type Transcoder } from '../../adapters/transcode/ffmpeg.ts';
import { findFfmpeg } from '../../gateway/runtime/ffmpeg-path.ts';
import { parameterSets, pictures } from '../support/rtsp-camera.ts';

const signal = new AbortController().signal;
const startCode = Uint8Array.of(0, 0, 0, 1);
const keyframe = Buffer.concat([...parameterSets, pictures[0]!.at(-1)!].flatMap((nal) => [startCode, nal]));
async function alone({ snapshots }: Transcoder, bytes: Uint8Array, until: AbortSignal, width?: number): Promise<Buffer> {
  const [made] = await snapshots([{ keyframe: { codec: 'h264', bytes }, ...(width === undefined ? {} : { width }) }], until);
  if (made?.status === 'fulfilled') return made.value;
  throw made?.reason;
}

const folder = mkdtempSync(join(tmpdir(), 'transcoder-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a keyframe becomes a JPEG, by whatever ffmpeg there is, the embedded one too', async () => {
  const embedded = (await findFfmpeg(undefined, '')).path;
  for (const path of [undefined, embedded]) {
    const transcoder = await openTranscoder(path);
    const jpeg = await alone(transcoder, keyframe, signal, 160);
    expect([...jpeg.subarray(0, 2), ...jpeg.subarray(-2)]).toEqual([0xff, 0xd8, 0xff, 0xd9]);
    const decoded = spawnSync(transcoder.ffmpeg.path, ['-v', 'error', '-i', 'pipe:0', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'], {
      input: jpeg,
    });
    expect(decoded.stdout.length).toBe(160 * 120);
  }
});

test('several keyframes are made by one ffmpeg, each into its own picture; one that is none costs the others nothing', async () => {
  const hevc = splitAnnexB(readFileSync(new URL('../fixtures/media/ffmpeg-main-160x120.h265', import.meta.url)));
  const first = hevc.slice(0, hevc.findIndex((nal) => nal[0]! >> 1 < 32) + 1);
  const sub = { codec: 'h265', bytes: Buffer.concat(first.flatMap((nal) => [startCode, nal])) } as const;
  const main = { codec: 'h264', bytes: keyframe } as const;
  const garbage = { codec: 'h264', bytes: Buffer.from('nothing of the kind') } as const;
  const { snapshots } = await openTranscoder();
  const wanted = [
    { keyframe: garbage },
    { keyframe: main },
    { keyframe: sub },
    { keyframe: main, width: 160 },
    { keyframe: { ...main, bytes: new Uint8Array(0) } },
  ];
  const together = await snapshots(wanted, signal);
  expect(together.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  for (const index of [1, 2, 3]) expect(await snapshots([wanted[index]!], signal)).toEqual([together[index]]);
  const embedded = await openTranscoder((await findFfmpeg(undefined, '')).path);
  const both = await embedded.snapshots([{ keyframe: main }, { keyframe: sub }], signal);
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
}, 60_000);

test('bytes that are no picture are told as such', async () => {
  const transcoder = await openTranscoder();
  await expect(alone(transcoder, Buffer.from('nothing of the kind'), signal)).rejects.toMatchObject({
    code: 'MEDIA_UNSUPPORTED',
  });
  await expect(alone(transcoder, new Uint8Array(0), signal)).rejects.toMatchObject({ code: 'MEDIA_UNSUPPORTED' });
});

test('a snapshot that is called off ends with the reason of the signal', async () => {
  const transcoder = await openTranscoder();
  const leaving = new AbortController();
  const asked = alone(transcoder, keyframe, leaving.signal);
  leaving.abort(new Error('enough'));
  await expect(asked).rejects.toThrow('enough');
});

test('ffmpeg is found on PATH, else the embedded one, and says what it can', async () => {
  const embedded = await findFfmpeg(undefined, '');
  expect(embedded).toMatchObject({ source: 'embedded', rtspTimeout: '-stimeout' });
  expect(embedded.encoders.has('libx264')).toBe(true);
});

test('a configured path that is no ffmpeg is refused, and nothing else is taken in its place', async () => {
  const pretender = join(folder, 'ffmpeg');
  writeFileSync(pretender, '#!/bin/sh\necho hello\n', { mode: 0o755 });
  for (const path of [join(folder, 'absent'), pretender]) {
    await expect(findFfmpeg(path)).rejects.toMatchObject({ code: 'TRANSCODER_MISSING', message: expect.stringContaining(path) });
  }
});
