/** One track to one viewer: its own sequence numbers and times, and what it may be asked to send again. */

export interface PacketDoor {
  /** Protects and sends one RTP packet; returns what was sent, for sending it again. */
  send(header: Buffer, payload: Uint8Array): Buffer;
  again(sent: Buffer): void;
}

/** Packets that a viewer may ask for again (RFC 4585 §6.2.1). */
const kept = 256;
/** A step of more than this many seconds is a jump of the counter. */
const longestStep = 10;

export class TrackSender {
  readonly #door: PacketDoor;
  readonly #payloadType: number;
  readonly #ssrc: number;
  readonly #clockRate: number;
  readonly #history: (Buffer | undefined)[] = new Array(kept);
  readonly #header = Buffer.alloc(12);
  #sequence = Math.floor(Math.random() * 0x8000);
  /** Newest timestamp of the camera, and what the viewer was told for it. */
  #in: number | undefined;
  #out = 0;
  packets = 0;
  octets = 0;

  constructor(door: PacketDoor, track: { readonly payloadType: number; readonly ssrc: number; readonly clockRate: number }) {
    this.#door = door;
    this.#payloadType = track.payloadType;
    this.#ssrc = track.ssrc;
    this.#clockRate = track.clockRate;
  }

  get ssrc(): number {
    return this.#ssrc;
  }

  /**
   * `hurry`: a picture that the viewer is to decode, not to wait for: it lies 1 ms after the one before, whatever the camera says.
   * Otherwise times move as the camera's do.
   */
  send(timestamp: number, payloads: readonly Uint8Array[], { ends, hurry }: { readonly ends: boolean; readonly hurry: boolean }): void {
    if (timestamp !== this.#in) {
      const step = this.#in === undefined ? 0 : (timestamp - this.#in) | 0;
      const least = Math.round(this.#clockRate / 1000);
      const believed = step > 0 && step < longestStep * this.#clockRate;
      this.#out = (this.#out + (hurry || !believed ? least : Math.max(least, step))) >>> 0;
      this.#in = timestamp;
    }
    const header = this.#header;
    for (const [index, payload] of payloads.entries()) {
      this.#sequence = (this.#sequence + 1) & 0xffff;
      header[0] = 0x80;
      header[1] = this.#payloadType | (ends && index === payloads.length - 1 ? 0x80 : 0);
      header.writeUInt16BE(this.#sequence, 2);
      header.writeUInt32BE(this.#out, 4);
      header.writeUInt32BE(this.#ssrc, 8);
      this.#history[this.#sequence % kept] = this.#door.send(header, payload);
      this.packets += 1;
      this.octets += payload.length;
    }
  }

  /** The viewer's timestamp for one of the camera's; undefined before the first picture. */
  outOf(timestamp: number): number | undefined {
    return this.#in === undefined ? undefined : (this.#out + ((timestamp - this.#in) | 0)) >>> 0;
  }

  again(sequences: readonly number[]): void {
    for (const sequence of sequences) {
      const sent = this.#history[sequence % kept];
      if (sent && sent.readUInt16BE(2) === sequence) this.#door.again(sent);
    }
  }
}
