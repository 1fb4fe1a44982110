/** Seeds that several targets share: bytes of other people's making, from the fixtures. */
import { readFileSync } from 'node:fs';
import { splitAnnexB } from '../../../adapters/protocols/h26x/nal.ts';
import { RtspReader } from '../../../adapters/protocols/rtsp/scanner.ts';

const fixtures = new URL('../../fixtures/', import.meta.url);

export const fixture = (name: string): Buffer => readFileSync(new URL(name, fixtures));

function packetsOf(recording: string, most: number): Uint8Array[] {
  const pieces = new RtspReader().push(fixture(recording));
  return pieces.flatMap((piece) => (piece.kind === 'frame' ? [piece.payload] : [])).slice(0, most);
}

/** RTP packets that ffmpeg made. */
export const ffmpegPackets = (most: number) => packetsOf('media/ffmpeg-rtp.interleaved', most);
export const ffmpegH265Packets = (most: number) => packetsOf('media/ffmpeg-h265.interleaved', most);
export const ffmpegAacPackets = (most: number) => packetsOf('media/ffmpeg-aac.interleaved', most);
export const ffmpegPcmaPackets = (most: number) => packetsOf('media/ffmpeg-pcma.interleaved', most);

/** NAL units that libx264 and libx265 made. */
export const x264Units = (most: number) => splitAnnexB(fixture('media/ffmpeg-main-320x240.h264')).slice(0, most);
export const x265Units = (most: number) => splitAnnexB(fixture('media/ffmpeg-main-160x120.h265')).slice(0, most);

export const textOf = (input: Uint8Array): string => Buffer.from(input.buffer, input.byteOffset, input.byteLength).toString('latin1');
