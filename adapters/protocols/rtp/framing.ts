/** RTP over TCP: each packet behind its length, 16 bits (RFC 4571 §2). */

const head = 2;

export class FramingReader {
  #pieces: Buffer[] = [];
  #held = 0;
  /** Bytes without which there is nothing to do. */
  #wanted = head;

  /** Packets that are complete by now, in order. They share the bytes that were pushed, where a packet lies in one chunk. Holds at most one packet. */
  push(chunk: Buffer): Buffer[] {
    this.#pieces.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#wanted) return [];
    const bytes = this.#pieces.length === 1 ? chunk : Buffer.concat(this.#pieces);
    const packets: Buffer[] = [];
    let at = 0;
    this.#wanted = head;
    while (bytes.length - at >= head) {
      const end = at + head + bytes.readUInt16BE(at);
      if (end > bytes.length) {
        this.#wanted = end - at;
        break;
      }
      packets.push(bytes.subarray(at + head, end));
      at = end;
    }
    this.#held = bytes.length - at;
    this.#pieces = this.#held === 0 ? [] : [bytes.subarray(at)];
    return packets;
  }
}
