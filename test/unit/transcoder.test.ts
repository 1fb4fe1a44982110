import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openTranscoder } from '../../adapters/transcode/ffmpeg.ts';
import { findFfmpeg } from '../../gateway/runtime/ffmpeg-path.ts';
import { parameterSets, pictures } from '../support/rtsp-camera.ts';

const signal = new AbortController().signal;
const startCode = Uint8Array.of(0, 0, 0, 1);
const keyframe = Buffer.concat([...parameterSets, pictures[0]!.at(-1)!].flatMap((nal) => [startCode, nal]));
const folder = mkdtempSync(join(tmpdir(), 'transcoder-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a keyframe becomes a JPEG, by whatever ffmpeg there is, the embedded one too', async () => {
  const embedded = (await findFfmpeg(undefined, '')).path;
  for (const path of [undefined, embedded]) {
    const transcoder = await openTranscoder(path);
    const jpeg = await transcoder.snapshot({ codec: 'h264', bytes: keyframe }, { width: 160 }, signal);
    expect([...jpeg.subarray(0, 2), ...jpeg.subarray(-2)]).toEqual([0xff, 0xd8, 0xff, 0xd9]);
    const decoded = spawnSync(transcoder.ffmpeg.path, ['-v', 'error', '-i', 'pipe:0', '-f', 'rawvideo', '-pix_fmt', 'gray', 'pipe:1'], {
      input: jpeg,
    });
    expect(decoded.stdout.length).toBe(160 * 120);
  }
});

test('bytes that are no picture are told as such', async () => {
  const transcoder = await openTranscoder();
  await expect(transcoder.snapshot({ codec: 'h264', bytes: Buffer.from('nothing of the kind') }, {}, signal)).rejects.toMatchObject({
    code: 'MEDIA_UNSUPPORTED',
  });
  await expect(transcoder.snapshot({ codec: 'h264', bytes: new Uint8Array(0) }, {}, signal)).rejects.toMatchObject({ code: 'MEDIA_UNSUPPORTED' });
});

test('a snapshot that is called off ends with the reason of the signal', async () => {
  const transcoder = await openTranscoder();
  const leaving = new AbortController();
  const asked = transcoder.snapshot({ codec: 'h264', bytes: keyframe }, {}, leaving.signal);
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
