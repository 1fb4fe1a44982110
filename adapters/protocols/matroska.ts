/** H.265 pictures as a live Matroska stream: a head, then one cluster per picture, each with its own time (RFC 9559, in the EBML of RFC 8794). */
import { hevcTrack } from './fmp4/hevc.ts';
import type { VideoFacts } from './fmp4/video-muxer.ts';

/** Element ids, with their length markers (RFC 8794 §17, RFC 9559 §5). */
const id = {
  ebml: [0x1a, 0x45, 0xdf, 0xa3],
  ebmlVersion: [0x42, 0x86],
  ebmlReadVersion: [0x42, 0xf7],
  ebmlMaxIdLength: [0x42, 0xf2],
  ebmlMaxSizeLength: [0x42, 0xf3],
  docType: [0x42, 0x82],
  docTypeVersion: [0x42, 0x87],
  docTypeReadVersion: [0x42, 0x85],
  segment: [0x18, 0x53, 0x80, 0x67],
  info: [0x15, 0x49, 0xa9, 0x66],
  timestampScale: [0x2a, 0xd7, 0xb1],
  muxingApp: [0x4d, 0x80],
  writingApp: [0x57, 0x41],
  tracks: [0x16, 0x54, 0xae, 0x6b],
  trackEntry: [0xae],
  trackNumber: [0xd7],
  trackUid: [0x73, 0xc5],
  trackType: [0x83],
  lacing: [0x9c],
  codecId: [0x86],
  codecPrivate: [0x63, 0xa2],
  video: [0xe0],
  width: [0xb0],
  height: [0xba],
  cluster: [0x1f, 0x43, 0xb6, 0x75],
  timestamp: [0xe7],
  simpleBlock: [0xa3],
} as const;

/** A segment that ends when the stream does. */
const unknownSize = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const boxHead = 8;
/** Of a block: track 1, no time of its own; then flags. */
const keyframeBlock = Buffer.of(0x81, 0, 0, 0x80);
const otherBlock = Buffer.of(0x81, 0, 0, 0x00);

export class MatroskaMuxer {
  readonly facts: VideoFacts;
  readonly head: Uint8Array;
  readonly #belongs: (unit: Uint8Array) => boolean;

  /** Throws ProtocolError for H.265 parameter sets that cannot be read. */
  constructor(parameterSets: readonly Uint8Array[]) {
    const { facts, configuration, belongsInSample } = hevcTrack(parameterSets);
    this.facts = facts;
    this.#belongs = belongsInSample;
    this.head = Buffer.concat([
      element(
        id.ebml,
        number(id.ebmlVersion, 1),
        number(id.ebmlReadVersion, 1),
        number(id.ebmlMaxIdLength, 4),
        number(id.ebmlMaxSizeLength, 8),
        text(id.docType, 'matroska'),
        number(id.docTypeVersion, 4),
        number(id.docTypeReadVersion, 2),
      ),
      Buffer.of(...id.segment, ...unknownSize),
      element(id.info, number(id.timestampScale, 1_000_000), text(id.muxingApp, 'campus-gateway'), text(id.writingApp, 'campus-gateway')),
      element(
        id.tracks,
        element(
          id.trackEntry,
          number(id.trackNumber, 1),
          number(id.trackUid, 1),
          number(id.trackType, 1),
          number(id.lacing, 0),
          text(id.codecId, 'V_MPEGH/ISO/HEVC'),
          element(id.codecPrivate, configuration.subarray(boxHead)),
          element(id.video, number(id.width, facts.width), number(id.height, facts.height)),
        ),
      ),
    ]);
  }

  /** `millis`: since the beginning, whole, growing. */
  picture({ units, keyframe, millis }: { readonly units: readonly Uint8Array[]; readonly keyframe: boolean; readonly millis: number }): Uint8Array {
    const parts: Uint8Array[] = [keyframe ? keyframeBlock : otherBlock];
    for (const unit of units) {
      if (!this.#belongs(unit)) continue;
      const length = Buffer.allocUnsafe(4);
      length.writeUInt32BE(unit.length);
      parts.push(length, unit);
    }
    return element(id.cluster, number(id.timestamp, millis), element(id.simpleBlock, ...parts));
  }
}

function element(name: readonly number[], ...content: readonly Uint8Array[]): Buffer {
  const size = content.reduce((sum, part) => sum + part.length, 0);
  // Sizes in 4 bytes: 28 bits, more than any picture has.
  const head = Buffer.of(...name, 0x10 | (size >>> 24), (size >>> 16) & 0xff, (size >>> 8) & 0xff, size & 0xff);
  return Buffer.concat([head, ...content], head.length + size);
}

/** Up to 48 bits. */
function number(name: readonly number[], value: number): Buffer {
  const bytes = Buffer.allocUnsafe(6);
  bytes.writeUIntBE(value, 0, 6);
  return element(name, bytes);
}

function text(name: readonly number[], value: string): Buffer {
  return element(name, Buffer.from(value, 'latin1'));
}
