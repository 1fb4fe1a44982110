/** Which media of a camera's SDP can be carried: one of video, at most one of audio (RFC 6184 §8.2, RFC 7798 §7.2, RFC 3640 §4.1, RFC 3551 §6). */
import { findAudio } from './audio-media.ts';
import { attributeOf, rtpMapsOf, type Sdp, type SdpMedia, type SdpRtpMap } from './sdp.ts';
import { findVideo } from './video-media.ts';

export interface VideoTrack {
  readonly kind: 'video';
  readonly codec: 'h264' | 'h265';
  readonly payloadType: number;
  readonly clockRate: number;
  /** From the format parameters, cleaned: VPS (H.265), SPS, PPS; empty unless there is one of each. */
  readonly parameterSets: readonly Uint8Array[];
  readonly control: string | undefined;
}

export interface AudioTrack {
  readonly kind: 'audio';
  readonly codec: 'pcma' | 'pcmu' | 'aac';
  readonly payloadType: number;
  readonly clockRate: number;
  readonly channels: number;
  /** Present for `aac`: lengths in bits, `config` an AudioSpecificConfig that can be read. */
  readonly aac?: { readonly config: Uint8Array; readonly sizeLength: number; readonly indexLength: number; readonly indexDeltaLength: number };
  readonly control: string | undefined;
}

/**
 * codec: nothing in it that we can carry · parameters: a codec of ours in a form that we cannot read (`detail`) ·
 * backchannel: sound for the camera's loudspeaker · spare: another one was taken
 */
export type DropReason = 'codec' | 'parameters' | 'backchannel' | 'spare';

export interface DroppedMedia {
  readonly kind: 'video' | 'audio';
  /** As the camera writes them. */
  readonly encodings: readonly string[];
  readonly why: DropReason;
  readonly detail?: string;
}

export interface FoundTracks {
  readonly video: VideoTrack | undefined;
  readonly audio: AudioTrack | undefined;
  /** Media of other kinds (metadata, a vendor's own) are not worth a word. */
  readonly dropped: readonly DroppedMedia[];
}

/** A track, or why there is none. */
export type Reading<Track> = Track | Pick<DroppedMedia, 'why' | 'detail'>;

/** RFC 3551 §6: the two static types that cameras send without saying what they are. */
const staticTypes: ReadonlyMap<string, SdpRtpMap> = new Map([
  ['0', { payloadType: 0, encoding: 'PCMU', clockRate: 8_000 }],
  ['8', { payloadType: 8, encoding: 'PCMA', clockRate: 8_000 }],
]);

export function findTracks(sdp: Sdp): FoundTracks {
  const offered = sdp.media.filter(({ kind }) => kind === 'video' || kind === 'audio');
  // `sendonly` means that we may send. Where every medium says so, the camera has confused the directions (quirk 27).
  const marksCount = !offered.every(isSendOnly);
  const dropped: DroppedMedia[] = [];
  const first = <Track extends object>(kind: 'video' | 'audio', read: (media: SdpMedia, maps: readonly SdpRtpMap[]) => Reading<Track>) => {
    let found: Track | undefined;
    for (const media of offered) {
      if (media.kind !== kind) continue;
      const maps = mapsOf(media);
      const encodings = maps.slice(0, 8).map(({ encoding }) => encoding.slice(0, 40));
      // No camera takes video.
      if (kind === 'audio' && marksCount && isSendOnly(media)) {
        dropped.push({ kind, encodings, why: 'backchannel' });
        continue;
      }
      const reading = read(media, maps);
      if ('why' in reading) dropped.push({ kind, encodings, ...reading });
      else if (found) dropped.push({ kind, encodings, why: 'spare' });
      else found = reading;
    }
    return found;
  };
  return { video: first('video', findVideo), audio: first('audio', findAudio), dropped };
}

function isSendOnly(media: SdpMedia): boolean {
  return attributeOf(media, 'sendonly') !== undefined;
}

/** What the payload types of a medium stand for. The line counts, whatever the number: some cameras use static numbers for H.264 (quirk 24). */
function mapsOf(media: SdpMedia): SdpRtpMap[] {
  const maps = rtpMapsOf(media);
  const said = new Set(maps.map(({ payloadType }) => payloadType));
  // Each format once: a hostile line repeats them ten thousand times.
  const unsaid = [...new Set(media.formats)].flatMap((format) => staticTypes.get(format) ?? []);
  return [...maps, ...unsaid.filter(({ payloadType }) => !said.has(payloadType))];
}
