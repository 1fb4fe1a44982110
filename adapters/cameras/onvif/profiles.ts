/** Media profiles: read from Media or Media2, and which of them is the main stream and which the sub stream. */
import { findAll, textAt, type XmlElement } from '../../protocols/soap/xml.ts';

export interface OnvifProfile {
  readonly token: string;
  readonly name: string;
  /** As the camera writes it: `H264`, `H265`, `JPEG`; empty where the profile has no video. */
  readonly codec: string;
  readonly width: number;
  readonly height: number;
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

const maxProfiles = 64;
/** A sub stream is for tiles: wider than this it saves nothing. */
const widestSub = 1_280;

/** Profiles of a GetProfiles answer; Media2 nests its configurations one deeper and under other names. */
export function readProfiles(answer: XmlElement, version: 1 | 2): readonly OnvifProfile[] {
  const encoder = version === 2 ? ['Configurations', 'VideoEncoder'] : ['VideoEncoderConfiguration'];
  return findAll(answer, 'Profiles')
    .slice(0, maxProfiles)
    .flatMap((profile) => {
      const token = profile.attributes.get('token');
      if (!token) return [];
      return [
        {
          token: token.slice(0, 200),
          name: (textAt(profile, 'Name') ?? token).slice(0, 100),
          codec: (textAt(profile, ...encoder, 'Encoding') ?? '').slice(0, 20),
          width: pixels(textAt(profile, ...encoder, 'Resolution', 'Width')),
          height: pixels(textAt(profile, ...encoder, 'Resolution', 'Height')),
        },
      ];
    });
}

/** The named ones where given; else the largest picture, and for the sub stream the largest below it that is fit for a tile. Undefined: no video. */
export function chooseProfiles(profiles: readonly OnvifProfile[], wanted: WantedProfiles = {}): ChosenProfiles | undefined {
  const named = (name: string | undefined) => (name === undefined ? undefined : profiles.find((one) => one.token === name || one.name === name));
  const videos = profiles.filter((profile) => profile.codec !== '');
  // JPEG over RTP is a last resort: it costs ten times the line.
  const carried = videos.some(({ codec }) => !isJpeg(codec)) ? videos.filter(({ codec }) => !isJpeg(codec)) : videos;
  const bySize = [...carried].sort((a, b) => b.width * b.height - a.width * a.height);
  const main = named(wanted.main) ?? bySize[0] ?? profiles[0];
  if (!main) return undefined;
  const smaller = bySize.filter((profile) => profile.width * profile.height < main.width * main.height);
  return { main, sub: named(wanted.sub) ?? smaller.find(({ width }) => width <= widestSub) ?? smaller[0] ?? main };
}

const isJpeg = (codec: string) => /jpe?g/i.test(codec);

function pixels(text: string | undefined): number {
  const count = Number(text ?? 0);
  return Number.isInteger(count) && count >= 0 && count <= 65_535 ? count : 0;
}
