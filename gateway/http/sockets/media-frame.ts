/**
 * Pictures as WebSocket messages (RFC 6455 §5.2), framed here and written at once: through the library each would be two frames of two buffers,
 * which costs as much as all the rest of its way through this thread.
 */
import { mediaHeaderBytes } from '../../domain/api.ts';
import type { TrackKind } from '../../domain/media.ts';

export interface MediaHead {
  /** The wire form's: 0 the init segment, 1 a fragment, 2 one that begins with a keyframe. */
  readonly kind: 0 | 1 | 2;
  readonly track: TrackKind;
  readonly id: number;
  readonly capturedAt: number;
}

/** FIN, and a binary message. */
const whole = 0x82;
/** Most pictures fit in; larger ones are rare enough. */
const placeBytes = 128 * 1024;
const mostPlaces = 16;
const places: Buffer[] = [];

/** Room for one frame, from the few that are used again and again. */
function takePlace(bytes: number): Buffer {
  return bytes > placeBytes ? Buffer.allocUnsafeSlow(bytes) : (places.pop() ?? Buffer.allocUnsafeSlow(placeBytes));
}

function leavePlace(place: Buffer): void {
  if (place.length === placeBytes && places.length < mostPlaces) places.push(place);
}

/**
 * Hands `write` one frame, and takes its place back once that has called `done` without an error. `waits`: others wait before it, so that it may
 * lie there for long: then it gets no more room than it needs.
 */
export function writeMediaFrame(
  { kind, track, id, capturedAt }: MediaHead,
  bytes: Uint8Array,
  waits: boolean,
  write: (frame: Buffer, done: (error?: Error | null) => void) => void,
): number {
  const length = mediaHeaderBytes + bytes.byteLength;
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const size = head + length;
  const place = waits ? Buffer.allocUnsafeSlow(size) : takePlace(size);
  place[0] = whole;
  if (head === 2) place[1] = length;
  else if (head === 4) {
    place[1] = 126;
    place.writeUInt16BE(length, 2);
  } else {
    place[1] = 127;
    place.writeUInt32BE(0, 2);
    place.writeUInt32BE(length, 6);
  }
  place[head] = kind;
  place[head + 1] = track === 'video' ? 0 : 1;
  place.writeUInt32BE(id, head + 2);
  place.writeDoubleBE(capturedAt, head + 6);
  place.set(bytes, head + mediaHeaderBytes);
  write(place.subarray(0, size), (error) => {
    if (!error && !waits) leavePlace(place);
  });
  return size;
}
