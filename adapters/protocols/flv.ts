/** Reads H.264 pictures with their times out of a live FLV stream (Adobe Flash Video File Format 10.1, annex E). Other tags are left out. */
import { ProtocolError } from './protocol-error.ts';

export type FlvVideo =
  /** Of all pictures that follow, until it comes again. */
  | { readonly kind: 'sets'; readonly parameterSets: readonly Uint8Array[] }
  /** `millis`: when it is shown, since the beginning. The units share the bytes that were pushed. */
  | { readonly kind: 'picture'; readonly millis: number; readonly keyframe: boolean; readonly units: readonly Uint8Array[] };

const headLength = 9;
const tagHead = 11;
/** Behind each tag: its length. */
const tagTail = 4;
const videoTag = 9;
const avc = 7;
const configuration = 0;
const pictures = 1;
const videoHead = 5;
const largestTag = 4 * 1024 * 1024;

export class FlvReader {
  #rest: Buffer = Buffer.alloc(0);
  #begun = false;
  #lengthSize = 4;

  /** What is complete by now, in order. Throws ProtocolError for what is no FLV, or no H.264 in it. */
  push(chunk: Buffer): FlvVideo[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const found: FlvVideo[] = [];
    if (!this.#begun) {
      if (bytes.length < headLength + tagTail) {
        this.#rest = bytes;
        return found;
      }
      if (bytes.toString('latin1', 0, 3) !== 'FLV') throw new ProtocolError('FLV', bytes.toString('hex', 0, 3), 'the beginning');
      const length = bytes.readUInt32BE(5);
      if (length !== headLength) throw new ProtocolError(`a head of ${headLength} bytes`, `${length}`, 'the beginning');
      this.#begun = true;
      bytes = bytes.subarray(headLength + tagTail);
    }
    let at = 0;
    while (bytes.length - at >= tagHead) {
      const length = bytes.readUIntBE(at + 1, 3);
      if (length > largestTag) throw new ProtocolError(`a tag of at most ${largestTag} bytes`, `${length}`, 'a tag');
      const end = at + tagHead + length;
      if (bytes.length < end + tagTail) break;
      // The fourth byte of the time is its highest; the type's upper bits say whether it is encrypted, which nobody does.
      const millis = bytes.readUIntBE(at + 4, 3) + bytes[at + 7]! * 0x1000000;
      const video = bytes[at] === videoTag ? this.#video(bytes.subarray(at + tagHead, end), millis) : undefined;
      if (video) found.push(video);
      at = end + tagTail;
    }
    this.#rest = bytes.subarray(at);
    return found;
  }

  #video(body: Buffer, millis: number): FlvVideo | undefined {
    if (body.length < videoHead) return undefined;
    if ((body[0]! & 0x0f) !== avc) throw new ProtocolError('H.264', `codec ${body[0]! & 0x0f}`, 'a video tag');
    const content = body.subarray(videoHead);
    if (body[1] === configuration) return { kind: 'sets', parameterSets: this.#setsOf(content) };
    if (body[1] !== pictures) return undefined;
    return { kind: 'picture', millis: millis + body.readIntBE(2, 3), keyframe: body[0]! >> 4 === 1, units: unitsOf(content, this.#lengthSize) };
  }

  /** AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1). */
  #setsOf(record: Buffer): Uint8Array[] {
    if (record.length < 7) throw new ProtocolError('an AVC configuration', `${record.length} bytes`, 'a video tag');
    this.#lengthSize = (record[4]! & 3) + 1;
    const sets: Uint8Array[] = [];
    let at = 5;
    for (const mask of [0x1f, 0xff]) {
      let count = (record[at] ?? 0) & mask;
      at += 1;
      for (; count > 0; count -= 1) {
        const length = at + 2 <= record.length ? record.readUInt16BE(at) : 0;
        const set = record.subarray(at + 2, at + 2 + length);
        if (length === 0 || set.length < length) throw new ProtocolError('a whole parameter set', `${set.length} bytes`, 'an AVC configuration');
        sets.push(new Uint8Array(set));
        at += 2 + length;
      }
    }
    return sets;
  }
}

function unitsOf(sample: Buffer, lengthSize: number): Uint8Array[] {
  const units: Uint8Array[] = [];
  for (let at = 0; at + lengthSize <= sample.length; ) {
    const from = at + lengthSize;
    at = from + sample.readUIntBE(at, lengthSize);
    if (at > sample.length) throw new ProtocolError('a whole NAL unit', `${sample.length - from} bytes`, 'a picture');
    units.push(sample.subarray(from, at));
  }
  return units;
}
