/** The media section that tells of one track: the reverse of `tracks.ts`. */
import { h264Nal, h264NalType, h265Nal, h265NalType } from '../h26x/nal.ts';
import type { SdpMedia } from './sdp.ts';
import type { AudioTrack, VideoTrack } from './tracks.ts';

export type DescribedTrack = Omit<VideoTrack, 'control'> | Omit<AudioTrack, 'control'>;

export function mediaSection(track: DescribedTrack, control: string): SdpMedia {
  const { kind, payloadType } = track;
  const format = formatOf(track);
  return {
    kind,
    port: 0,
    protocol: 'RTP/AVP',
    formats: [String(payloadType)],
    attributes: [
      { name: 'rtpmap', value: `${payloadType} ${encodingOf(track)}` },
      ...(format === '' ? [] : [{ name: 'fmtp', value: `${payloadType} ${format}` }]),
      { name: 'control', value: control },
    ],
  };
}

function encodingOf(track: DescribedTrack): string {
  if (track.kind === 'video') return `${track.codec.toUpperCase()}/${track.clockRate}`;
  // Left out, the channels of G.711 are one (RFC 8866 §6.6); for AAC players look for the number.
  return track.codec === 'aac' ? `mpeg4-generic/${track.clockRate}/${track.channels}` : `${track.codec.toUpperCase()}/${track.clockRate}`;
}

function formatOf(track: DescribedTrack): string {
  if (track.kind === 'video') return track.codec === 'h264' ? h264Format(track.parameterSets) : h265Format(track.parameterSets);
  return track.aac ? aacFormat(track.aac) : '';
}

/** RFC 6184 §8.1. */
function h264Format(sets: readonly Uint8Array[]): string {
  const sps = sets.find((set) => h264NalType(set) === h264Nal.sps);
  const profile = sps && sps.length > 3 ? [`profile-level-id=${Buffer.from(sps.subarray(1, 4)).toString('hex').toUpperCase()}`] : [];
  return ['packetization-mode=1', ...profile, ...listed('sprop-parameter-sets', sets)].join(';');
}

/** RFC 7798 §7.1. */
function h265Format(sets: readonly Uint8Array[]): string {
  const ofType = (type: number) => sets.filter((set) => h265NalType(set) === type);
  const parts = [listed('sprop-vps', ofType(h265Nal.vps)), listed('sprop-sps', ofType(h265Nal.sps)), listed('sprop-pps', ofType(h265Nal.pps))];
  return parts.flat().join(';');
}

function listed(name: string, sets: readonly Uint8Array[]): string[] {
  return sets.length === 0 ? [] : [`${name}=${sets.map((set) => Buffer.from(set).toString('base64')).join(',')}`];
}

/** RFC 3640 §4.1; an audio stream of AAC profile, level 1. */
function aacFormat({ config, sizeLength, indexLength, indexDeltaLength }: NonNullable<AudioTrack['aac']>): string {
  const mode = sizeLength === 13 ? 'AAC-hbr' : sizeLength === 6 ? 'AAC-lbr' : 'generic';
  const lengths = `sizelength=${sizeLength};indexlength=${indexLength};indexdeltalength=${indexDeltaLength}`;
  return `streamtype=5;profile-level-id=1;mode=${mode};${lengths};config=${Buffer.from(config).toString('hex').toUpperCase()}`;
}
