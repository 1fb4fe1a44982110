/** H.264 in RTP (RFC 6184): single NAL units, STAP-A and FU-A, both ways. */
import { splitAnnexB, startsWithStartCode } from '../h26x/nal.ts';

const stapA = 24;
const fuA = 28;
/** A NAL unit larger than this is dropped: no camera sends one, and a hostile one must not fill the memory. */
const maxNal = 8 * 1024 * 1024;

/**
 * The payloads of one access unit, in order; the caller sets the marker on the last one (§5.1).
 * Small neighbours share a STAP-A, large units become FU-A. `most`: payload bytes per packet.
 */
export function packetiseH264(nals: readonly Uint8Array[], most = 1400): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  let together: Uint8Array[] = [];
  let size = 1;
  const flush = () => {
    if (together.length === 1) payloads.push(together[0]!);
    else if (together.length > 1) payloads.push(aggregate(together, size));
    together = [];
    size = 1;
  };
  for (const nal of nals) {
    if (nal.length === 0) continue;
    if (nal.length > most) {
      flush();
      payloads.push(...fragment(nal, most));
      continue;
    }
    if (size + 2 + nal.length > most) flush();
    together.push(nal);
    size += 2 + nal.length;
  }
  flush();
  return payloads;
}

function aggregate(nals: readonly Uint8Array[], size: number): Uint8Array {
  const payload = Buffer.allocUnsafe(size);
  // §5.7.1: NRI of the aggregate is the highest of its units.
  const importance = nals.reduce((highest, nal) => Math.max(highest, nal[0]! & 0x60), 0);
  payload[0] = importance | stapA;
  let at = 1;
  for (const nal of nals) {
    payload.writeUInt16BE(nal.length, at);
    payload.set(nal, at + 2);
    at += 2 + nal.length;
  }
  return payload;
}

function fragment(nal: Uint8Array, most: number): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  const room = most - 2;
  for (let at = 1; at < nal.length; at += room) {
    const end = Math.min(nal.length, at + room);
    const payload = Buffer.allocUnsafe(2 + end - at);
    payload[0] = (nal[0]! & 0xe0) | fuA;
    payload[1] = (at === 1 ? 0x80 : 0) | (end === nal.length ? 0x40 : 0) | (nal[0]! & 0x1f);
    payload.set(nal.subarray(at, end), 2);
    payloads.push(payload);
  }
  return payloads;
}

/** Puts NAL units together again. Feed payloads in order; call `lost()` where packets are missing. */
export class H264Depacketiser {
  #fragments: Uint8Array[] = [];
  #size = 0;
  #open = false;

  /** The NAL units that this payload completes; malformed ones are left out. Units share the payload's bytes where they can. */
  push(payload: Uint8Array): Uint8Array[] {
    if (payload.length < 1) return [];
    const type = payload[0]! & 0x1f;
    if (type === fuA) return this.#fragment(payload);
    this.lost();
    if (type === stapA) return disaggregate(payload);
    // Some cameras (Revotech, V380) put Annex-B into the payload (onvif-rtsp §3.2 quirk 18).
    if (startsWithStartCode(payload)) return splitAnnexB(payload);
    return type >= 1 && type <= 23 ? [payload] : [];
  }

  /** Packets are missing: a unit in pieces cannot be completed. */
  lost(): void {
    this.#open = false;
    this.#fragments = [];
    this.#size = 0;
  }

  #fragment(payload: Uint8Array): Uint8Array[] {
    if (payload.length < 2) return [];
    const header = payload[1]!;
    if (header & 0x80) {
      this.lost();
      this.#open = true;
      this.#fragments.push(Uint8Array.of((payload[0]! & 0xe0) | (header & 0x1f)));
      this.#size = 1;
    }
    if (!this.#open) return [];
    this.#size += payload.length - 2;
    if (this.#size > maxNal) {
      this.lost();
      return [];
    }
    this.#fragments.push(payload.subarray(2));
    // A FU-A that both starts and ends its unit is forbidden (§5.8) and sent all the same (quirk 21).
    if (!(header & 0x40)) return [];
    const nal = Buffer.concat(this.#fragments, this.#size);
    this.lost();
    const body = nal.subarray(1);
    return startsWithStartCode(body) ? splitAnnexB(body) : [nal];
  }
}

function disaggregate(payload: Uint8Array): Uint8Array[] {
  const nals: Uint8Array[] = [];
  for (let at = 1; at + 2 < payload.length; ) {
    const length = (payload[at]! << 8) | payload[at + 1]!;
    const end = at + 2 + length;
    if (length === 0 || end > payload.length) break;
    nals.push(payload.subarray(at + 2, end));
    at = end;
  }
  return nals;
}
