import { describe, expect, test } from 'vitest';
import { h264Video } from '../../../adapters/protocols/h26x/h264-video.ts';
import { packetiseH264 } from '../../../adapters/protocols/rtp/h264-payload.ts';
import { writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { writeFrame } from '../../../adapters/protocols/rtsp/scanner.ts';
import { PictureReader } from '../../../adapters/viewers/whep/pictures.ts';
import { TrackSender } from '../../../adapters/viewers/whep/track-sender.ts';
import { openMediaPlane } from '../../../gateway/assemble-media.ts';
import { openWebRtc } from '../../../gateway/assemble-webrtc.ts';
import { instant } from '../../../gateway/domain/time.ts';
import { systemClock as clock } from '../../../gateway/runtime/clock.ts';
import { silentLogger as log } from '../../../gateway/runtime/logger.ts';
import { gate, openSink, resolverOf, until } from '../../contract/media-plane.ts';
import { openTestCamera, parameterSets, pictures } from '../../support/rtsp-camera.ts';

const description = { video: { kind: 'video', codec: 'h264', payloadType: 96, clockRate: 90_000, parameterSets } } as const;
const slices = pictures[0]!.filter((nal) => (nal[0]! & 0x1f) === 5);

function packets(picture: readonly Uint8Array[], { most = 1_000, timestamp = 9, keyframe = true } = {}) {
  const payloads = packetiseH264(picture, most);
  const frames = payloads.map((payload, index) =>
    writeFrame(0, writeRtp({ marker: index === payloads.length - 1, payloadType: 96, sequence: index, timestamp, ssrc: 5 }, payload)),
  );
  return { kind: 'packets', track: 'video', keyframe, starts: true, capturedAt: instant(0), bytes: Buffer.concat(frames) } as const;
}

/** NAL units of what was read, as a viewer would put them together. */
function unitsOf(payloads: readonly Uint8Array[]): Uint8Array[] {
  const wire = payloads.map((payload, sequence) =>
    writeFrame(0, writeRtp({ marker: false, payloadType: 96, sequence, timestamp: 0, ssrc: 1 }, payload)),
  );
  return h264Video.units(wire);
}

describe('pictures for WebRTC', () => {
  test('are the payloads of the camera, with the parameter sets before a keyframe that comes without', () => {
    const reader = new PictureReader();
    reader.describe(description);
    const [bare] = reader.read(packets(slices));
    expect(unitsOf(bare!.payloads).map((nal) => nal[0]! & 0x1f)).toEqual([7, 8, ...slices.map(() => 5)]);
    const [whole] = reader.read(packets(pictures[0]!));
    expect(unitsOf(whole!.payloads)).toHaveLength(pictures[0]!.length);
  });

  test('are cut anew where the packets of the camera would not fit a datagram', () => {
    const reader = new PictureReader();
    reader.describe(description);
    const big = Buffer.concat([slices[0]!, Buffer.alloc(9_000, 1)]);
    const read = reader.read(packets([...parameterSets, big], { most: 8_000 }));
    expect(read).toHaveLength(1);
    expect(read[0]).toMatchObject({ ends: true, keyframe: true, timestamp: 9 });
    expect(Math.max(...read[0]!.payloads.map(({ length }) => length))).toBeLessThanOrEqual(1_200);
    expect(unitsOf(read[0]!.payloads).at(-1)).toEqual(big);
  });
});

describe('a track to one viewer', () => {
  function sender() {
    const sent: Buffer[] = [];
    const track = new TrackSender(
      {
        send: (header, payload) => {
          const bytes = Buffer.concat([header, payload]);
          sent.push(bytes);
          return bytes;
        },
        again: (bytes) => void sent.push(bytes),
      },
      { payloadType: 102, ssrc: 7, clockRate: 90_000 },
    );
    const headers = () => sent.map((bytes) => ({ marker: bytes[1]! >> 7, sequence: bytes.readUInt16BE(2), timestamp: bytes.readUInt32BE(4) }));
    return { track, sent, headers };
  }
  const payload = [Buffer.of(1), Buffer.of(2)];

  test('hurries through a group and then keeps the time of the camera; jumps of its counter move by a millisecond', () => {
    const { track, headers } = sender();
    for (const timestamp of [1_000, 4_600, 8_200]) track.send(timestamp, payload, { ends: true, hurry: true });
    for (const timestamp of [11_800, 15_400, 4_000_000_000]) track.send(timestamp, payload, { ends: true, hurry: false });
    const told = headers();
    const steps = told.slice(1).map(({ timestamp }, index) => timestamp - told[index]!.timestamp);
    expect(steps.filter((step) => step > 0)).toEqual([90, 90, 3_600, 3_600, 90]);
    expect(told.map(({ marker }) => marker)).toEqual(told.map((_, index) => index % 2));
    expect(told.slice(1).every(({ sequence }, index) => sequence === told[index]!.sequence + 1)).toBe(true);
    expect(track.outOf(4_000_000_090)).toBe(told.at(-1)!.timestamp + 90);
  });

  test('sends again what is asked for, and nothing that it no longer has', () => {
    const { track, sent, headers } = sender();
    for (let picture = 0; picture < 200; picture += 1) track.send(picture * 3_600, payload, { ends: true, hurry: false });
    const before = sent.length;
    const [first, last] = [headers()[0]!, headers().at(-1)!];
    track.again([first.sequence, last.sequence, (last.sequence + 5) & 0xffff]);
    expect(sent.slice(before)).toEqual([sent[before - 1]]);
  });
});

test('offers that are none, or ask for nothing, are refused; beyond the cap there is no place; a stream that is not there says so', async () => {
  await using camera = await openTestCamera();
  await using media = openMediaPlane({ resolve: resolverOf(camera), clock, log, worker: false });
  await using desk = openWebRtc({ enabled: true, viewers: 1, udp: { from: 0, to: 0 } }, { media, clock, log });
  const { signal } = new AbortController();
  const ask = { channel: gate, profile: 'main', purpose: 'local', local: true } as const;
  for (const offer of ['', 'v=0\r\n', 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n', 'm=video \0']) {
    await expect(desk.answer({ ...ask, offer }, signal)).rejects.toMatchObject({ code: expect.stringMatching(/REQUEST_INVALID|MEDIA_UNSUPPORTED/) });
  }
  expect(desk.viewers).toBe(0);
  const [one, other] = [desk.answer({ ...ask, offer: 'v=0' }, signal), desk.answer({ ...ask, offer: 'v=0' }, signal)];
  await expect(other).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE', message: expect.stringContaining('places') });
  await expect(one).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  await camera[Symbol.asyncDispose]();
  await expect(desk.answer({ ...ask, profile: 'sub', offer: 'v=0' }, signal)).rejects.toMatchObject({ code: expect.stringMatching(/CAMERA|MEDIA/) });
});

test('a camera that turns out to send its pictures out of order is not for WebRTC: they would be shown as they come', async () => {
  // Its parameter sets say that it does not: 0 3 1 2 6 4 5 …
  const shift = (index: number) => (index === 0 ? 0 : [2, -1, -1][(index - 1) % 3]!);
  await using camera = await openTestCamera({ timestamp: (timestamp, index) => timestamp + shift(index) * 3_600 });
  await using media = openMediaPlane({ resolve: resolverOf(camera), clock, log, worker: false });
  await using desk = openWebRtc({ enabled: true, viewers: 4, udp: { from: 0, to: 0 } }, { media, clock, log });
  const { messages, sink } = await openSink(media);
  await until(() => messages.length > 15);
  const offer = 'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n';
  const asked = desk.answer({ channel: gate, profile: 'main', purpose: 'local', local: true, offer }, new AbortController().signal);
  await expect(asked).rejects.toMatchObject({ code: 'MEDIA_UNSUPPORTED', message: expect.stringContaining('out of order') });
  await sink[Symbol.asyncDispose]();
});
