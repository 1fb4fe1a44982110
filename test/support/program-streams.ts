/** Frames for program streams, out of files that others encoded. */

import { h264Nal, h264NalType, h265Nal, h265NalType, isH264Slice, isH265Slice, splitAnnexB } from '../../adapters/protocols/h26x/nal.ts';
import { type PsFrame, PsMuxer, type PsMuxerTracks } from '../../adapters/protocols/ps/muxer.ts';

/** A picture of an Annex-B file with one slice per picture: the units from behind the slice before to its own slice. */
export function framesOf(codec: 'h264' | 'h265', file: Uint8Array, step = 3_600, from = 90_000): PsFrame[] {
  const frames: PsFrame[] = [];
  let units: Uint8Array[] = [];
  for (const unit of splitAnnexB(file)) {
    units.push(unit);
    if (!(codec === 'h265' ? isH265Slice(unit) : isH264Slice(unit))) continue;
    const type = codec === 'h265' ? h265NalType(unit) : h264NalType(unit);
    const keyframe = codec === 'h265' ? type >= h265Nal.firstIrap && type <= h265Nal.lastIrap : type === h264Nal.idr;
    frames.push({ pts: from + frames.length * step, keyframe, units });
    units = [];
  }
  return frames;
}

export function muxed(tracks: PsMuxerTracks, frames: readonly PsFrame[]): Buffer[] {
  const muxer = new PsMuxer(tracks);
  return frames.map((frame) => Buffer.concat(muxer.frame(frame)));
}
