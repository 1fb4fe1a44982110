/** ConfigDownload: one answer for each type that is asked for (facts §4.7). */
import type { StreamProfile, StreamTelemetry } from '../../../../gateway/domain/media.ts';
import type { ManscdpMessage } from '../../../protocols/manscdp/message.ts';
import { nameOf, type Owned } from '../owned.ts';
import type { AnswerParts } from './answers.ts';

type ConfigContent = Extract<ManscdpMessage, { readonly root: 'Response'; readonly cmdType: 'ConfigDownload' }>['content'];

/** What a platform may ask for at once: it writes the list. */
const mostTypes = 16;
const streams: readonly StreamProfile[] = ['main', 'sub'];

export async function configAnswers(
  types: readonly string[],
  owned: Owned | undefined,
  { basics, door }: Pick<AnswerParts, 'basics' | 'door'>,
): Promise<readonly ConfigContent[]> {
  const shown = owned?.kind === 'channel' ? (await door.media.telemetry()).filter(({ channel }) => channel === owned.channel.id) : [];
  return types.slice(0, mostTypes).map((type): ConfigContent => {
    const none = { result: 'ERROR', configs: [] } as const;
    if (!owned) return none;
    switch (type.toLowerCase()) {
      case 'basicparam': {
        // From these the platform takes when to give us up: what is really done, never 0 (facts §3.3).
        const { every, misses, expires } = basics;
        const value = { name: nameOf(owned, door), expiration: expires, heartBeatInterval: every, heartBeatCount: misses };
        return { result: 'OK', configs: [{ name: 'BasicParam', value }] };
      }
      case 'videoparamopt':
        if (owned.kind !== 'channel') return none;
        return { result: 'OK', configs: [{ name: 'VideoParamOpt', value: { downloadSpeed: '1', resolution: resolutionsOf(shown) } }] };
      case 'videoparamattribute': {
        const known = streams.flatMap((profile, streamNumber) => {
          const stream = shown.find((one) => one.profile === profile);
          return stream ? [{ streamNumber, ...attributesOf(stream) }] : [];
        });
        return known.length === 0 ? none : { result: 'OK', configs: [{ name: 'VideoParamAttribute', value: known }] };
      }
      default:
        return none;
    }
  });
}

/** Codes of the `f=` line (facts §5.2): of what is being pulled now; nothing is guessed of the rest. */
function attributesOf({ codec, framesPerSecond, bitsPerSecond, ...size }: StreamTelemetry) {
  const format = codec === undefined ? undefined : /265|hevc|hvc|hev/i.test(codec) ? '5' : '2';
  const resolution = resolutionOf(size);
  return {
    ...(format === undefined ? {} : { videoFormat: format }),
    ...(resolution === undefined ? {} : { resolution }),
    frameRate: String(Math.round(framesPerSecond)),
    bitRateType: '2',
    videoBitRate: String(Math.round(bitsPerSecond / 1_000)),
  };
}

function resolutionsOf(shown: readonly StreamTelemetry[]): string {
  return [...new Set(shown.flatMap((stream) => resolutionOf(stream) ?? []))].join('/');
}

/** 1 QCIF, 2 CIF, 3 4CIF, 4 D1, 5 720p, 6 1080p; anything else in pixels, as the 2022 edition has it. */
function resolutionOf({ width, height }: Pick<StreamTelemetry, 'width' | 'height'>): string | undefined {
  if (width === undefined || height === undefined) return undefined;
  const codes: Readonly<Record<string, string>> = {
    ...{ '176x144': '1', '352x288': '2', '704x576': '3', '720x576': '4', '1280x720': '5', '1920x1080': '6' },
  };
  return codes[`${width}x${height}`] ?? `${width}x${height}`;
}
