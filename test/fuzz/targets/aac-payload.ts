/** AAC out of RTP and into MP4. The first piece: bits of size, index and index delta, a byte each, then the AudioSpecificConfig. */
import { aacAudio } from '../../../adapters/protocols/audio/aac-audio.ts';
import { packetiseAac } from '../../../adapters/protocols/rtp/aac-payload.ts';
import { parseRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { join, split } from '../pieces.ts';
import { boxTypes } from '../shared/boxes.ts';
import { ffmpegAacPackets, fixture } from '../shared/seeds.ts';
import { inputOf, wireOf } from '../shared/wire.ts';
import { type FuzzTarget, must } from '../target.ts';

const mostPackets = 500;
const mostSentAgain = 1_000;
const clockRate = 16_000;
/** AAC-hbr; AAC-LC, 16 kHz, mono. */
const head = Uint8Array.of(13, 3, 3, 0x14, 0x08);
/** As `findTracks` lets them pass. */
const longestField = 32;

export const aacPayloadTarget: FuzzTarget = {
  name: 'aac-payload',
  pieces: true,
  longest: 64 * 1024,
  seeds: () => [
    Buffer.concat([
      join([head]),
      inputOf(
        ffmpegAacPackets(4).map((packet) => parseRtp(packet).payload),
        { ownTime: true },
      ),
    ]),
    // One frame in three packets; frames of a file, with its headers.
    Buffer.concat([join([head]), inputOf(packetiseAac([new Uint8Array(60).fill(5)], 30).map(({ payload }) => payload))]),
    Buffer.concat([join([head]), inputOf([fixture('media/ffmpeg-lc-16k.adts').subarray(0, 300)])]),
  ],
  run(input) {
    const [first = new Uint8Array(0), ...packets] = split(input);
    const [sizeLength = 0, indexLength = 0, indexDeltaLength = 0] = [...first.subarray(0, 3)].map((bits) => bits % (longestField + 1));
    const packing = { sizeLength, indexLength, indexDeltaLength, config: first.slice(3) };
    const audio = aacAudio(clockRate, packing);
    const frames = wireOf(packets.slice(0, mostPackets)).flatMap((run) => audio.frames([run]));
    must(
      frames.every(({ bytes, duration }) => bytes.length > 0 && bytes.length <= 8_192 && duration > 0),
      'a frame is neither empty nor larger than any',
    );
    const muxer = audio.fmp4();
    must(boxTypes(muxer.init)[0] === 'ftyp', 'an init segment has its boxes');
    if (frames.length > 0) must(boxTypes(muxer.fragment(frames, 2 ** 32 - 1)).at(-1) === 'mdat', 'a fragment has its boxes');
    if (input.length <= mostSentAgain) roundTrip(packets.filter((packet) => packet.length > 0 && packet[0] !== 0xff));
  },
};

/** What we packetise, we can put together again. */
function roundTrip(sent: readonly Uint8Array[]): void {
  const audio = aacAudio(clockRate, { sizeLength: 13, indexLength: 3, indexDeltaLength: 3, config: head.slice(3) });
  const payloads = packetiseAac(sent, 40).map(({ payload }) => payload);
  must(
    payloads.every((payload) => payload.length <= 40),
    'a payload keeps to its size',
  );
  const frames = audio.frames(wireOf(split(inputOf(payloads)))).map(({ bytes }) => bytes);
  must(Buffer.compare(join(frames), join(sent)) === 0, 'packets carry the same frames', () => [sent, frames]);
}
