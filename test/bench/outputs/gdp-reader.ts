/** What GStreamer's gdppay writes: buffers with their times (GStreamer Data Protocol 1.0, `docs/gst-plugins-bad/gdp`). */

export interface GdpBuffer {
  /** Seconds. */
  readonly at: number;
  readonly bytes: Buffer;
}

const headBytes = 62;
const isBuffer = 1;

/** Returns a reader: bytes in as they come, whole buffers out. Caps and events are left out. */
export function openGdpReader(): (bytes: Buffer) => readonly GdpBuffer[] {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const buffers: GdpBuffer[] = [];
    for (;;) {
      const end = rest.length < headBytes ? Number.POSITIVE_INFINITY : headBytes + rest.readUInt32BE(6);
      if (end > rest.length) return buffers;
      if (rest.readUInt16BE(4) === isBuffer) buffers.push({ at: Number(rest.readBigUInt64BE(10)) / 1e9, bytes: rest.subarray(headBytes, end) });
      rest = rest.subarray(end);
    }
  };
}
