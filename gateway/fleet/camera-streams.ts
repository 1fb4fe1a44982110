/**
 * Notices a camera whose streams refuse the password that its other services take: only the media plane meets that refusal, and it tells it in
 * its telemetry. A refusal counts only after the fleet itself had given the address: a stream that failed for want of one repeats our own words.
 */
import type { Camera } from '../domain/campus.ts';
import type { StreamProfile, StreamTelemetry } from '../domain/media.ts';
import type { Clock } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import type { CameraRefusals } from './camera-refusals.ts';
import type { CameraStatuses } from './camera-status.ts';
import { within } from './within.ts';

/** What the fleet wants to know of a stream. */
export type StreamSeen = Pick<StreamTelemetry, 'channel' | 'profile' | 'state' | 'code'>;

export interface CameraStreams {
  /** The media plane was given the address of this stream, or was refused it. */
  asked(channel: string, profile: StreamProfile, given: boolean): void;
  /** Looks at every stream each second, until aborted. */
  run(signal: AbortSignal): Promise<void>;
}

export interface CameraStreamsParts {
  readonly streams: () => Promise<readonly StreamSeen[]>;
  /** The camera behind a channel; undefined: none any more. */
  readonly cameraOf: (channel: string) => Camera | undefined;
  readonly statuses: CameraStatuses;
  readonly refusals: CameraRefusals;
  readonly clock: Clock;
}

const lookEvery = seconds(1);

export function openCameraStreams({ streams, cameraOf, statuses, refusals, clock }: CameraStreamsParts): CameraStreams {
  const given = new Set<string>();
  const nameOf = (channel: string, profile: StreamProfile) => `${channel} ${profile}`;

  return {
    asked(channel, profile, got) {
      if (got) given.add(nameOf(channel, profile));
      else given.delete(nameOf(channel, profile));
    },
    async run(signal) {
      while (!signal.aborted) {
        await clock.sleep(lookEvery, signal).catch(() => undefined); // aborted: the loop ends
        if (signal.aborted) return;
        const before = new Set(given);
        // Replaced just now, or stuck: there is nothing to see, and nothing that may hold up our own end.
        const seen = await within(clock, { length: lookEvery }, signal, streams).catch(() => []);
        const refused = new Set<Camera>();
        const playing = new Set<Camera>();
        for (const { channel, profile, state, code } of seen) {
          const camera = before.has(nameOf(channel, profile)) ? cameraOf(channel) : undefined;
          if (camera && state === 'playing') playing.add(camera);
          if (camera && code === 'CAMERA_CREDENTIALS') refused.add(camera);
        }
        for (const camera of playing) if (!refused.has(camera)) statuses.streamRefused(camera.id, false);
        for (const camera of refused) {
          if (refusals.wait(camera, 'stream') === 0) refusals.note(camera, 'stream');
          statuses.streamRefused(camera.id, true);
        }
      }
    },
  };
}
