/** Reads the times of fMP4 that a player needs (ISO/IEC 14496-12 §8.4.2, §8.8.8, §8.8.12). Our own muxer wrote it: no defence against nonsense. */

/** Ticks per second of the only track, out of an init segment; 0 where there is none. */
export function timescaleOf(init: Uint8Array): number {
  const mdhd = find(init, ['moov', 'trak', 'mdia', 'mdhd']);
  return mdhd ? mdhd.getUint32(mdhd.getUint8(0) === 0 ? 12 : 20) : 0;
}

/** When the only, or first, picture of a fragment is shown, in ticks; undefined where it does not say it. */
export function shownAt(fragment: Uint8Array): number | undefined {
  const tfdt = find(fragment, ['moof', 'traf', 'tfdt']);
  if (!tfdt) return undefined;
  const decoded = tfdt.getUint8(0) === 0 ? tfdt.getUint32(4) : tfdt.getUint32(4) * 2 ** 32 + tfdt.getUint32(8);
  const trun = find(fragment, ['moof', 'traf', 'trun']);
  // Our own muxer's: data offset, then duration, size, flags and offset of each sample.
  return trun && (trun.getUint32(0) & 0xffffff) === 0xf01 ? decoded + trun.getInt32(24) : decoded;
}

/** The payload of the first box at the path. */
function find(bytes: Uint8Array, path: readonly string[]): DataView | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let [from, to] = [0, view.byteLength];
  for (const name of path) {
    let found = false;
    while (from + 8 <= to) {
      const size = view.getUint32(from);
      if (size < 8) return undefined;
      if (typeAt(view, from + 4) === name) {
        [from, to] = [from + 8, Math.min(to, from + size)];
        found = true;
        break;
      }
      from += size;
    }
    if (!found) return undefined;
  }
  return new DataView(view.buffer, view.byteOffset + from, to - from);
}

function typeAt(view: DataView, at: number): string {
  return String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
}
