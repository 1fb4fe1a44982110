/** Quirks of onvif-rtsp §3.2 that need a camera of raw bytes. The table of all of them: test/fixtures/rtsp. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { h264Nal, h264NalType } from '../../../adapters/protocols/h26x/nal.ts';
import { writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { playRtsp } from '../../../adapters/protocols/rtsp/client.ts';
import { headerOf, type RtspRequest, writeResponse } from '../../../adapters/protocols/rtsp/message.ts';
import type { PlayedTracks, RtspOrderToPlay, RtspPlayer } from '../../../adapters/protocols/rtsp/order.ts';
import { writeFrame } from '../../../adapters/protocols/rtsp/scanner.ts';
import { UdpPorts } from '../../../adapters/protocols/rtsp/udp-ports.ts';
import { openMediaPlane } from '../../../gateway/assemble-media.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { openSink, resolverOf, until } from '../../contract/media-plane.ts';
import { type CameraOptions, openTestCamera, type TestCamera } from '../../support/rtsp-camera.ts';

const framesPerSecond = 100;
const sprop = 'Z01ADdoFB+wEQAAAAwBAAAAMg8UKqA==,aO88gA==';
const pictureLines = `m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;sprop-parameter-sets=${sprop}\r\na=control:track1\r\n`;
const withSound = `v=0\r\n${pictureLines}m=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=control:track2\r\n`;

/** Plays until `enough`; then leaves. What was played, and how it began. */
async function play(camera: TestCamera, enough: (packets: number) => boolean, order: Partial<RtspOrderToPlay> = {}) {
  const life = new AbortController();
  const begun: PlayedTracks[] = [];
  const sequences: number[] = [];
  let longest = 0;
  let garbage = 0;
  const player: RtspPlayer = {
    begin: (tracks) => begun.push(tracks),
    packet: (_, bytes, start, end) => {
      sequences.push(bytes.readUInt16BE(start + 6));
      longest = Math.max(longest, end - start);
    },
    clock: () => undefined,
    garbage: () => {
      garbage += 1;
    },
  };
  const playing = playRtsp({ url: camera.url, timers: systemClock, within: 2_000, silence: 2_000, ...order }, player, life.signal);
  await Promise.race([playing, until(() => enough(sequences.length))]);
  life.abort();
  await playing;
  const inOrder = sequences.every((value, index) => index === 0 || value === ((sequences[index - 1]! + 1) & 0xffff));
  return { begun, inOrder, longest, garbage };
}

const many = (packets: number) => packets > 100;

/** Answers one request by hand. */
function answering(when: (request: RtspRequest) => boolean, answer: (request: RtspRequest) => Buffer | undefined): CameraOptions {
  return {
    override: (request, socket) => {
      if (!when(request)) return false;
      const bytes = answer(request);
      if (bytes) socket.write(bytes);
      else socket.destroy();
      return true;
    },
  };
}

const refusal = (status: number) => (request: RtspRequest) => writeResponse({ status, headers: { CSeq: headerOf(request, 'cseq') } });

describe('what is asked', () => {
  test('after SETUP always names the session, keepalives by OPTIONS too (quirk 4)', async () => {
    const named: [string, string | undefined][] = [];
    await using camera = await openTestCamera({
      ...{ framesPerSecond, session: 'abc123;timeout=1' },
      override: (request, socket) => {
        named.push([request.method, headerOf(request, 'session')]);
        if (request.method !== 'OPTIONS') return false;
        socket.write(writeResponse({ status: 200, headers: { CSeq: headerOf(request, 'cseq'), Public: 'DESCRIBE, SETUP, PLAY, TEARDOWN' } }));
        return true;
      },
    });
    await play(camera, () => named.filter(([method]) => method === 'OPTIONS').length >= 3);
    await until(() => named.at(-1)?.[0] === 'TEARDOWN');
    const setUp = named.findIndex(([method]) => method === 'SETUP');
    expect(named.slice(0, setUp + 1).every(([, session]) => session === undefined)).toBe(true);
    expect(named.slice(setUp + 1).every(([, session]) => session === 'abc123')).toBe(true);
  });

  test('never includes the loudspeaker of a camera, nor the option that offers it (quirk 11)', async () => {
    const asked: string[] = [];
    const required: (string | undefined)[] = [];
    const sdp = readFileSync(new URL('../../fixtures/media/sdp/dahua-c5a-backchannel.sdp', import.meta.url), 'utf8');
    await using camera = await openTestCamera({
      ...{ framesPerSecond, sdp },
      override: (request) => {
        required.push(headerOf(request, 'require'));
        if (request.method === 'SETUP') asked.push(request.uri.split('/').at(-1)!);
        return false;
      },
    });
    await play(camera, () => camera.playing > 0);
    expect(asked).toEqual(['trackID=0', 'trackID=1']);
    expect(required.every((value) => value === undefined)).toBe(true);
  });
});

describe('sound that cannot be had does not cost the picture', () => {
  test('where its SETUP is refused', async () => {
    await using camera = await openTestCamera({
      ...{ framesPerSecond, sdp: withSound },
      ...answering((request) => request.method === 'SETUP' && request.uri.endsWith('track2'), refusal(459)),
    });
    const { begun, inOrder } = await play(camera, many);
    expect(begun).toMatchObject([{ video: { codec: 'h264' }, missingAudio: { why: 'refused', seen: expect.stringContaining('459') } }]);
    expect(inOrder).toBe(true);
  });

  test('where its SETUP costs the connection (quirk 11), and then it is not asked for again', async () => {
    await using camera = await openTestCamera({
      ...{ framesPerSecond, sdp: withSound },
      ...answering(
        (request) => request.method === 'SETUP' && request.uri.endsWith('track2'),
        () => undefined,
      ),
    });
    const habits = {};
    const first = await play(camera, many, { habits });
    expect(first.begun).toMatchObject([{ missingAudio: { why: 'refused' } }]);
    await play(camera, many, { habits });
    expect(camera.log.filter((line) => line.startsWith('SETUP') && line.endsWith('track2'))).toHaveLength(1);
  });

  test('where its codec is not ours', async () => {
    await using camera = await openTestCamera({ framesPerSecond, sdp: withSound.replace('8 PCMA', '8 G726-32') });
    const { begun } = await play(camera, many);
    expect(begun).toMatchObject([{ missingAudio: { why: 'codec', seen: 'G726-32' } }]);
  });
});

describe('a stream plays whole', () => {
  test('where the SDP has another profile and other parameter sets than the pictures (quirk 20)', async () => {
    const wrong = Buffer.from('6742c00a8d680b04a2', 'hex').toString('base64');
    const sdp = `v=0\r\n${pictureLines.replace('packetization', 'profile-level-id=42C00A;packetization').replace(sprop, `${wrong},aM4xsg==`)}`;
    await using camera = await openTestCamera({ sdp });
    await using plane = openMediaPlane({ clock: systemClock, log: silentLogger, resolve: resolverOf(camera), worker: false });
    const { messages } = await openSink(plane);
    await until(() => messages.filter(({ kind }) => kind === 'fragment').length > 5);
    expect(messages.filter(({ kind }) => kind === 'init').at(-1)).toMatchObject({ codecs: 'avc1.4d400d', width: 320, height: 240 });
    expect((await plane.telemetry())[0]).toMatchObject({ codec: 'avc1.4d400d', width: 320, height: 240 });
  });

  test('where malformed RTCP comes on its channel (quirk 23)', async () => {
    // Cut short, of a wrong length, of no version, of nobody.
    const malformed = ['80c8', '80c80006deadbeef', '81c9ffff00', `80c8000c${'1'.repeat(32)}`, '00', 'ff'.repeat(200), ''].map((hex) =>
      Buffer.from(hex, 'hex'),
    );
    await using camera = await openTestCamera({
      framesPerSecond,
      send: (socket, frames, index) => socket.write(Buffer.concat([...frames, writeFrame(1, malformed[index % malformed.length]!)])),
    });
    const { inOrder } = await play(camera, many);
    expect(inOrder).toBe(true);
    expect(camera.log.filter((line) => line.startsWith('PLAY'))).toHaveLength(1);
  });

  test('where packets of another payload type come between (Geovision sends 50, quirk 25)', async () => {
    const extra = writeFrame(0, writeRtp({ marker: true, payloadType: 50, sequence: 7, timestamp: 7, ssrc: 0x50505050 }, Buffer.alloc(60, 7)));
    await using camera = await openTestCamera({ send: (socket, frames) => socket.write(Buffer.concat([extra, ...frames])) });
    await using plane = openMediaPlane({ clock: systemClock, log: silentLogger, resolve: resolverOf(camera), worker: false });
    const { messages } = await openSink(plane);
    await until(() => messages.filter(({ kind }) => kind === 'fragment').length > 40);
    const [telemetry] = await plane.telemetry();
    expect(telemetry).toMatchObject({ lostPackets: 0, state: 'playing' });
    expect(telemetry).not.toHaveProperty('flaws');
  });

  test('where packets come before PLAY is answered (v4l2rtspserver, scottlamb/retina pull request 46)', async () => {
    const early = (sequence: number) =>
      writeFrame(0, writeRtp({ marker: true, payloadType: 96, sequence, timestamp: 0, ssrc: 5 }, Buffer.alloc(20, 0x41)));
    await using camera = await openTestCamera({
      framesPerSecond,
      override: (request, socket) => {
        if (request.method === 'PLAY') socket.write(Buffer.concat([early(1), early(2)]));
        return false;
      },
    });
    const { garbage } = await play(camera, many);
    expect(garbage).toBe(0);
  });

  test('where datagrams have up to 10 kB (Tapo, quirk 26)', async () => {
    const large = Buffer.alloc(9_000, 0xaa).fill(0x0c, 0, 1);
    await using camera = await openTestCamera({
      ...{ framesPerSecond, udp: 'only', bytesPerPacket: 10_000 },
      units: (units) => [...units.filter((unit) => h264NalType(unit) !== h264Nal.sei), large],
    });
    const { inOrder, longest } = await play(camera, many, { ports: new UdpPorts({ first: 26_000, last: 26_999 }) });
    expect(inOrder).toBe(true);
    expect(longest).toBeGreaterThan(9_000);
  });
});
