/** Media profiles: read from Media or Media2, and which of them is the main stream and which the sub stream. */

import { DeviceFailure } from '../../protocols/soap/failure.ts';
import { find, findAll, textAt, type XmlElement } from '../../protocols/xml.ts';
import { legible } from '../legible.ts';

export interface OnvifProfile {
  readonly token: string;
  readonly name: string;
  /** As the camera writes it: `H264`, `H265`, `JPEG`; empty where the profile has no video. */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  /** Most kbit/s; 0 where it does not say. */
  readonly kbps: number;
  /** Token of the video source: a recorder has one per camera behind it. */
  readonly source: string;
  /** Token of the configuration of that source: events name the one or the other. */
  readonly sourceConfiguration: string;
}

export interface WantedProfiles {
  /** Token or name. */
  readonly main?: string | undefined;
  readonly sub?: string | undefined;
}

export interface ChosenProfiles {
  readonly main: OnvifProfile;
  readonly sub: OnvifProfile;
}

/** A recorder of 64 channels has three each. */
const maxProfiles = 512;
/** A sub stream is for tiles: wider than this it saves nothing. */
const widestSub = 1_280;

/** Profiles of a GetProfiles answer; Media2 nests its configurations one deeper and under other names. */
export function readProfiles(answer: XmlElement, version: 1 | 2): readonly OnvifProfile[] {
  const encoder = version === 2 ? ['Configurations', 'VideoEncoder'] : ['VideoEncoderConfiguration'];
  const source = version === 2 ? ['Configurations', 'VideoSource'] : ['VideoSourceConfiguration'];
  return findAll(answer, 'Profiles')
    .slice(0, maxProfiles)
    .flatMap((profile) => {
      const token = profile.attributes.get('token');
      if (!token) return [];
      return [
        {
          token: token.slice(0, 200),
          name: legible(textAt(profile, 'Name') ?? token),
          codec: legible(textAt(profile, ...encoder, 'Encoding') ?? '', 20),
          width: count(textAt(profile, ...encoder, 'Resolution', 'Width'), 65_535),
          height: count(textAt(profile, ...encoder, 'Resolution', 'Height'), 65_535),
          kbps: count(textAt(profile, ...encoder, 'RateControl', 'BitrateLimit'), 10_000_000),
          source: (textAt(profile, ...source, 'SourceToken') ?? '').slice(0, 200),
          sourceConfiguration: (find(profile, ...source)?.attributes.get('token') ?? '').slice(0, 200),
        },
      ];
    });
}

/**
 * The named ones where given; else the largest picture, and for the sub stream the largest below it that is fit for a tile, of the same source: two
 * cameras of one recorder must never be mixed. Undefined: no profile at all. Throws DeviceFailure for a name that no profile has.
 */
export function chooseProfiles(profiles: readonly OnvifProfile[], wanted: WantedProfiles = {}): ChosenProfiles | undefined {
  const videos = profiles.filter((profile) => profile.codec !== '');
  // JPEG over RTP is a last resort: it costs ten times the line.
  const carried = videos.some(({ codec }) => !isJpeg(codec)) ? videos.filter(({ codec }) => !isJpeg(codec)) : videos;
  const ofSource = (source: string | undefined) => carried.filter((profile) => profile.source === source).sort(bySize);
  // Of several sources the first one listed, which is what people mean who name none.
  const main = named(profiles, wanted.main) ?? ofSource(carried[0]?.source)[0] ?? profiles[0];
  if (!main) return undefined;
  const below = ofSource(main.source).filter((profile) => bySize(main, profile) < 0);
  return { main, sub: named(profiles, wanted.sub) ?? below.find(({ width }) => width <= widestSub) ?? below[0] ?? main };
}

function named(profiles: readonly OnvifProfile[], name: string | undefined): OnvifProfile | undefined {
  if (name === undefined) return undefined;
  const found = profiles.find((one) => one.token === name) ?? profiles.find((one) => one.name === name);
  if (found) return found;
  const known = profiles.map((one) => JSON.stringify(one.token)).join(', ');
  throw new DeviceFailure('reply', `has no profile ${JSON.stringify(name)}; it has ${known.slice(0, 500) || 'none'}.`);
}

/** The more it shows, the further in front; of two as large, the one that may use more of the line. */
function bySize(a: OnvifProfile, b: OnvifProfile): number {
  return b.width * b.height - a.width * a.height || b.kbps - a.kbps;
}

const isJpeg = (codec: string) => /jpe?g/i.test(codec);

function count(text: string | undefined, most: number): number {
  const value = Number(text ?? 0);
  return Number.isInteger(value) && value >= 0 && value <= most ? value : 0;
}
