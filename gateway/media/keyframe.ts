/** The newest keyframe of a picture group, as a decoder wants it. */
import type { Keyframe, VideoTrack } from '../domain/media.ts';
import type { AccessUnit } from './access-unit.ts';
import type { VideoFacts, VideoTools } from './ports.ts';

const startCode = Buffer.of(0, 0, 0, 1);

/** `group`: spans since the last keyframe. Undefined while its first picture is not all there. */
export function keyframeOf(
  group: readonly AccessUnit[],
  track: VideoTrack,
  { tools, facts }: { readonly tools: VideoTools; readonly facts: VideoFacts },
): Keyframe | undefined {
  const pictures = group.filter((unit) => unit.track === 'video');
  const first = pictures[0];
  if (!first) return undefined;
  const spans = pictures.filter((unit) => unit.ticks === first.ticks);
  // Another picture follows, or the marker came: nothing more belongs to it.
  if (spans.length === pictures.length && !spans.at(-1)!.ends) return undefined;
  const units = tools.units(spans.map(({ wire }) => wire));
  if (!tools.hasPicture(units)) return undefined;
  const sets = tools.parameterSets(units) ? [] : track.parameterSets;
  const { width, height } = facts;
  const bytes = Buffer.concat([...sets, ...units].flatMap((unit) => [startCode, unit]));
  return { codec: track.codec, width, height, capturedAt: first.capturedAt, bytes };
}
