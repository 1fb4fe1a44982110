/** Everything that a stream handler must know of AAC in RTP: frames pass as they are. */
import { type AudioFrame, AudioMuxer, esdsBox } from '../fmp4/audio-muxer.ts';
import { AacDepacketiser, type AacPacking } from '../rtp/aac-payload.ts';
import { parseAacConfig } from './aac-config.ts';

/** One for each consumer: it keeps the frame that is still on its way. Throws ProtocolError for a config that cannot be read. */
export function aacAudio(clockRate: number, aac: AacPacking & { readonly config: Uint8Array }) {
  const { objectType, sampleRate, channels, frameLength } = parseAacConfig(aac.config);
  const duration = Math.round((frameLength * clockRate) / sampleRate);
  const depacketiser = new AacDepacketiser(aac);
  return {
    frames: (wire: readonly Buffer[]): AudioFrame[] => depacketiser.frames(wire).map((bytes) => ({ bytes, duration })),
    fmp4: (): AudioMuxer =>
      new AudioMuxer(
        {
          codecs: `mp4a.40.${objectType}`,
          channels,
          sampleRate,
          entry: 'mp4a',
          configuration: esdsBox(aac.config),
          samples: (frames) => frames,
        },
        clockRate,
      ),
  };
}
