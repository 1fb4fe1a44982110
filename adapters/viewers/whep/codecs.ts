/** What of a stream WebRTC can carry: H.264, and G.711 (RFC 7742, RFC 7874). */
import { RTCRtpCodecParameters } from 'werift';
import type { StreamDescription } from '../../../gateway/domain/media.ts';

/** Baseline, main and high, as browsers offer them; a decoder for one takes them all. */
const profiles = ['42e01f', '42001f', '4d001f', '640c1f', '64001f', 'f4001f'] as const;

/** None for pictures that are sent out of order: over WebRTC, browsers show pictures as they come. */
export function videoCodecs({ video }: StreamDescription): RTCRtpCodecParameters[] {
  if (video.codec !== 'h264' || (video.reordering ?? 0) > 0) return [];
  return profiles.map(
    (profile) =>
      new RTCRtpCodecParameters({
        mimeType: 'video/H264',
        clockRate: video.clockRate,
        rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
        parameters: `level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${profile}`,
      }),
  );
}

export function audioCodec({ audio }: StreamDescription): RTCRtpCodecParameters | undefined {
  if (audio?.codec !== 'pcma' && audio?.codec !== 'pcmu') return undefined;
  if (audio.clockRate !== 8_000 || audio.channels !== 1) return undefined;
  const mimeType = audio.codec === 'pcma' ? 'audio/PCMA' : 'audio/PCMU';
  return new RTCRtpCodecParameters({ mimeType, clockRate: 8_000, channels: 1, payloadType: audio.codec === 'pcma' ? 8 : 0 });
}

/** For the audio part of an offer where there is nothing to hear: it is answered as inactive, and still needs a codec. */
const silence = new RTCRtpCodecParameters({ mimeType: 'audio/PCMU', clockRate: 8_000, channels: 1, payloadType: 0 });

export function offeredCodecs(description: StreamDescription): { video: RTCRtpCodecParameters[]; audio: RTCRtpCodecParameters[] } {
  return { video: videoCodecs(description), audio: [audioCodec(description) ?? silence] };
}
