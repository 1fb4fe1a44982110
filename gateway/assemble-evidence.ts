/** Composition of what an alarm is shown with: the stills, which ffmpeg makes, and the keeper of stills and clips. */
import { join } from 'node:path';
import { openTranscoder, type Transcoder } from '../adapters/transcode/ffmpeg.ts';
import type { Clock, MediaPlane } from './domain/ports.ts';
import { hours, seconds } from './domain/time.ts';
import { type EvidenceKeeper, type EvidenceParts, openEvidence } from './evidence/evidence.ts';
import { openPasses } from './evidence/passes.ts';
import { openSnapshots, type Snapshots } from './media/snapshots.ts';
import type { GatewayConfig } from './runtime/config.ts';
import { madeSecret } from './runtime/made-secret.ts';

interface PictureParts {
  readonly media: MediaPlane;
  readonly clock: Clock;
  /** A press will want one within two seconds: ffmpeg is looked for now, which takes some of a second. */
  readonly hurry: boolean;
}

/** Otherwise ffmpeg is looked for when it is first needed: a box without it does all but this. */
export function openPictures(ffmpeg: string | undefined, { hurry, ...parts }: PictureParts): Snapshots {
  let found: Promise<Transcoder> | undefined;
  const transcoder = () => {
    found ??= openTranscoder(ffmpeg);
    found.catch(() => {
      found = undefined; // it may be installed meanwhile
    });
    return found;
  };
  if (hurry) void transcoder().catch(() => undefined); // told when a picture is wanted
  return openSnapshots({
    ...parts,
    jpegsOf: async (negatives, signal) => (await transcoder()).snapshots(negatives, signal),
  });
}

/** The seconds before a press come out of the rings: without those there is nothing to keep. */
export function keepsEvidence({ evidence, media }: GatewayConfig): boolean {
  return evidence.enabled && media.ring.enabled;
}

const mebibyte = 1024 * 1024;

export async function keeperOf(
  { evidence, media, dataFolder }: GatewayConfig,
  parts: Omit<EvidenceParts, 'folder' | 'settings' | 'passes'>,
): Promise<EvidenceKeeper> {
  return openEvidence({
    ...parts,
    passes: openPasses(await madeSecret(join(dataFolder, 'evidence.key'))),
    folder: join(dataFolder, 'evidence'),
    settings: {
      before: seconds(evidence.beforeSeconds),
      after: seconds(evidence.afterSeconds),
      profile: media.ring.profile,
      sound: evidence.sound,
      most: evidence.megabytes * mebibyte,
      leaveFree: evidence.leaveFreeMegabytes * mebibyte,
      keepFor: hours(evidence.days * 24),
    },
  });
}
