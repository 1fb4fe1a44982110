/** Where a stream comes from: the camera itself, or what is made of another stream. */
import { isGatewayError } from '../domain/errors.ts';
import type { ChannelId } from '../domain/ids.ts';
import type { StreamAddress, StreamProfile } from '../domain/media.ts';
import type { StreamReceiver } from '../domain/media-ports.ts';
import { seconds } from '../domain/time.ts';
import type { BackoffSettings } from '../runtime/backoff.ts';
import type { MediaContext } from './ports.ts';
import type { Refusals } from './refusals.ts';

export interface Origin {
  readonly channel: ChannelId;
  readonly profile: StreamProfile;
  /** Not as the camera sends it. */
  readonly transcoded: boolean;
  /** One try: lives until aborted, throws what ends it before. */
  pull(receiver: StreamReceiver, signal: AbortSignal): Promise<void>;
  /** Somebody waits for a keyframe: asks for one, where that can be done. */
  askKeyframe(): void;
  /** How soon to try again after that. */
  pauses(error: unknown): BackoffSettings;
}

/** A camera that is back shows pictures within 5 s: asking the fleet costs nothing, knocking at a dead address little, a session that fails the most. */
const pauses = {
  away: { first: seconds(0.5), most: seconds(1), jitter: 0.3 },
  unreachable: { first: seconds(0.5), most: seconds(2), jitter: 0.3 },
  failed: { first: seconds(0.5), most: seconds(5), jitter: 0.3 },
} as const;

/** Credentials that it refused are not tried again too soon. */
export function cameraOrigin(channel: ChannelId, profile: StreamProfile, { resolve, askKeyframe, parts }: MediaContext, refusals: Refusals): Origin {
  let address: StreamAddress | undefined;
  return {
    ...{ channel, profile, transcoded: false },
    async pull(receiver, signal) {
      address = undefined;
      address = await resolve(channel, profile);
      refusals.check(address);
      try {
        await parts.source.pull(address, receiver, signal);
      } catch (error) {
        if (isGatewayError(error, 'CAMERA_CREDENTIALS') && error.cause !== undefined && !signal.aborted) refusals.note(address, error);
        throw error;
      }
    },
    askKeyframe: () => askKeyframe(channel, profile),
    pauses(error) {
      if (!address) return pauses.away;
      return isGatewayError(error, 'CAMERA_UNREACHABLE') ? pauses.unreachable : pauses.failed;
    },
  };
}
