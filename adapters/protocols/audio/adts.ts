/** ADTS: AAC frames that say what they are, for streams without a config of their own (ISO/IEC 13818-7 §6.2). */
import { ProtocolError } from '../protocol-error.ts';
import { type AacConfig, aacRateIndex } from './aac-config.ts';

export const adtsHeaderLength = 7;
const longest = 0x1fff;

/** Makes the header of each frame. Throws ProtocolError for a rate that ADTS has no number for. */
export class AdtsWriter {
  readonly #head: Buffer;

  constructor({ objectType, sampleRate, channels }: AacConfig) {
    const index = aacRateIndex(sampleRate);
    if (index < 0) throw new ProtocolError('a sample rate of AAC', `${sampleRate} Hz`, 'the AAC config');
    // Band replication announces itself in the frames: what ADTS names is the LC below it.
    const profile = (objectType <= 4 ? objectType : 2) - 1;
    const layout = channels === 8 ? 7 : channels;
    this.#head = Buffer.of(0xff, 0xf1, (profile << 6) | (index << 2) | (layout >> 2), (layout & 3) << 6, 0, 0x1f, 0xfc);
  }

  /** Of a frame of `length` bytes; good until the next one is asked for. Throws ProtocolError for more than 13 bits can count. */
  header(length: number): Uint8Array {
    const whole = adtsHeaderLength + length;
    if (whole > longest) throw new ProtocolError(`at most ${longest} bytes`, `${whole}`, 'an AAC frame');
    const head = this.#head;
    head[3] = (head[3]! & 0xc0) | (whole >> 11);
    head[4] = whole >> 3;
    head[5] = ((whole & 7) << 5) | 0x1f;
    return head;
  }
}
