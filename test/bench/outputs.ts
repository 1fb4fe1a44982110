/** Whether everybody can play what the gateway gives out, for minutes on end: other people's players on every way out, at the same time. */
import { type Millis, millis, minutes, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { openBrowser } from '../support/browser.ts';
import { type Figure, figuresOf, mostOf, quantileOf } from '../support/measure-figures.ts';
import type { Bench } from './alarms.ts';
import { playByChromium, type TilePlayed, type Way } from './outputs/chromium-player.ts';
import { type Decoded, lengthOf, pictureGapsOf, soundBehindOf, soundGapsOf } from './outputs/decoded.ts';
import { playByFfmpeg } from './outputs/ffmpeg-player.ts';
import { playByGstreamer } from './outputs/gstreamer-player.ts';
import { pageParts, playByPage } from './outputs/page-player.ts';
import { cameras, loop, type PlayedCamera, picture } from './outputs/played-cameras.ts';
import { openPlayedSchool, type PlayedSchool } from './outputs/played-school.ts';

const quickLength = seconds(10);
const usualMinutes = 5;

/** Share of the pictures, or of the length of the sound, that may be missing, %. */
const missingLimit = 2;
/** Milliseconds between a sound and the picture that it belongs to. */
const apartLimit = 200;

/** One player of one camera: what it tells once it has played for so long. */
type Play = (camera: PlayedCamera, length: Millis) => Promise<readonly Played[]>;

interface Played {
  readonly player: string;
  readonly camera: PlayedCamera;
  readonly decoded: Decoded;
  /** What was asked for. */
  readonly tracks: { readonly picture: boolean; readonly sound: boolean };
}

/** One line per player of single cameras; `--part` runs one of them alone. */
const players: Readonly<Record<string, (school: PlayedSchool) => Play>> = {
  tcp: (school) => byFfmpeg('ffmpeg, RTSP by TCP', ({ id }) => ['-rtsp_transport', 'tcp', '-i', addressOf(school, id)]),
  udp: (school) => byFfmpeg('ffmpeg, RTSP by UDP', ({ id }) => ['-rtsp_transport', 'udp', '-i', addressOf(school, id)]),
  rtsps: (school) => byFfmpeg('ffmpeg, RTSPS', ({ id }) => ['-i', addressOf(school, id, 'rtsps')]),
  gstreamer: byGstreamer,
  pages: byPage,
};
/** One line per way that a browser has, with the cameras that it can play so. */
const browsers: Readonly<Record<Way, readonly PlayedCamera[]>> = { mse: cameras, webrtc: cameras.filter(({ codec }) => codec === 'h264') };
export const outputParts: readonly string[] = [...Object.keys(players), ...Object.keys(browsers)];

/** Between the beginnings of two players: thirty programs that start at once would keep this machine busy for seconds. */
const stagger = millis(200);

export async function benchOutputs({ quick, seed, minutes: asked, part }: Bench): Promise<readonly Figure[]> {
  const length = quick ? quickLength : minutes(asked ?? usualMinutes);
  await using school = await openPlayedSchool();
  const all: Promise<readonly Played[]>[] = [];
  for (const [name, open] of Object.entries(players)) {
    if (part !== undefined && part !== name) continue;
    const play = open(school);
    for (const camera of cameras) {
      all.push(play(camera, length));
      await systemClock.sleep(stagger);
    }
  }
  const pages = byBrowser(
    school,
    (Object.keys(browsers) as Way[]).filter((way) => part === undefined || part === way),
    length,
    seed,
  );
  const figures = (await Promise.all(all)).flatMap((played) => played.flatMap((one) => rowsOf(one, length, seed)));
  return [...figures, ...(await pages)];
}

const tracksOf = ({ sound }: PlayedCamera) => ({ picture: true, sound: sound !== 'none' });
const playingOf = (camera: PlayedCamera) => ({ width: picture.width, ...tracksOf(camera) });

function addressOf({ gateway, key }: PlayedSchool, channel: string, scheme: 'rtsp' | 'rtsps' = 'rtsp'): string {
  const port = scheme === 'rtsp' ? gateway.rtspPort : gateway.rtspsPort;
  return `${scheme}://${encodeURIComponent(key.name)}:${encodeURIComponent(key.password)}@127.0.0.1:${port}/${channel}/main`;
}

function byFfmpeg(player: string, input: (camera: PlayedCamera) => readonly string[]): Play {
  return async (camera, length) => {
    const decoded = await playByFfmpeg(input(camera), playingOf(camera), length);
    return [{ player, camera, tracks: tracksOf(camera), decoded }];
  };
}

function byGstreamer({ gateway, key }: PlayedSchool): Play {
  return async (camera, length) => {
    const url = `rtsp://127.0.0.1:${gateway.rtspPort}/${camera.id}/main`;
    const source = { url, username: key.name, password: key.password, height: picture.height };
    const decoded = await playByGstreamer(source, playingOf(camera), length);
    return [{ player: 'GStreamer, RTSP by TCP', camera, tracks: tracksOf(camera), decoded }];
  };
}

function byPage(school: PlayedSchool): Play {
  const cookie = school.cookie();
  return async (camera, length) => {
    const source = { origin: school.gateway.origin, cookie: await cookie, channel: camera.id };
    const parts = await playByPage(source, playingOf(camera), length);
    return pageParts.flatMap((part) => {
      const decoded = parts[part];
      const tracks = { picture: part !== 'sound', sound: part !== 'picture' };
      return decoded ? [{ player: `ffmpeg, fMP4 of a page, ${part}`, camera, tracks, decoded }] : [];
    });
  };
}

async function byBrowser(school: PlayedSchool, ways: readonly Way[], length: Millis, seed: number): Promise<readonly Figure[]> {
  if (ways.length === 0) return [];
  const browser = await openBrowser();
  try {
    const cookie = await school.cookie();
    const pages = ways.map(async (way) => {
      const watched = browsers[way];
      const tiles = await playByChromium(browser, { origin: school.gateway.origin, cookie, cameras: watched }, way, length);
      return watched.flatMap((camera) =>
        tileRows(
          camera,
          way,
          tiles.find((tile) => tile.camera === camera),
          length,
          seed,
        ),
      );
    });
    return (await Promise.all(pages)).flat();
  } finally {
    await browser.close();
  }
}

function tileRows(camera: PlayedCamera, way: Way, tile: TilePlayed | undefined, length: Millis, seed: number): readonly Figure[] {
  const { errors, elapsed, pictures, dropped, gaps, sound, apart, notes } = tile ?? unplayed;
  const dose = `${camera.id}, ${length / 1_000} s`;
  return figuresOf({ test: `outputs, Chromium, ${way === 'mse' ? 'MSE' : 'WebRTC'}`, dose, seed }, [
    { metric: 'decoder errors and beginnings anew', value: tile?.strayed ? Number.NaN : errors, unit: '', limit: 0 },
    { metric: 'pictures missing', value: 100 * (1 - pictures / (elapsed * picture.framesPerSecond)), unit: '%', limit: missingLimit },
    { metric: 'pictures dropped', value: (100 * dropped) / pictures, unit: '%', limit: missingLimit },
    { metric: 'gaps', value: gaps, unit: '', limit: 0 },
    ...(camera.sound !== 'none'
      ? [
          { metric: 'sound missing', value: 100 * Math.abs(1 - sound / elapsed), unit: '%', limit: missingLimit },
          { metric: 'sound from picture, most', value: apart, unit: 'ms', limit: apartLimit },
        ]
      : []),
    // It is shown as the camera's other stream, and says so.
    ...(camera.codec === 'h265' ? [{ metric: 'reason not shown', value: notes.includes('H.265') ? 0 : 1, unit: '', limit: 0 }] : []),
  ]);
}

const none = Number.NaN;
const unplayed = { errors: none, elapsed: none, pictures: none, dropped: none, gaps: none, sound: none, apart: none, notes: '' };

function rowsOf({ player, camera, decoded, tracks }: Played, length: Millis, seed: number): readonly Figure[] {
  const { errors, pictures, sounds } = decoded;
  const wanted = length / 1_000;
  const pictureGaps = pictureGapsOf(pictures, loop);
  const soundGaps = soundGapsOf(sounds);
  for (const problem of [...errors, ...pictureGaps, ...soundGaps]) console.warn(`${player}, ${camera.id}: ${problem}`);
  const apart = soundBehindOf(decoded, picture.framesPerSecond).map(Math.abs);
  const off = (100 * Math.abs(lengthOf(sounds) - wanted)) / wanted;
  return figuresOf({ test: `outputs, ${player}`, dose: `${camera.id}, ${wanted} s`, seed }, [
    { metric: 'decode errors', value: errors.length, unit: '', limit: 0 },
    ...(tracks.picture
      ? [
          { metric: 'pictures missing', value: 100 * (1 - pictures.length / (wanted * picture.framesPerSecond)), unit: '%', limit: missingLimit },
          { metric: 'gaps between pictures', value: pictureGaps.length, unit: '', limit: 0 },
        ]
      : []),
    ...(tracks.sound
      ? [
          { metric: 'sound too short or long', value: off, unit: '%', limit: missingLimit },
          { metric: 'gaps in the sound', value: soundGaps.length, unit: '', limit: 0 },
        ]
      : []),
    ...(tracks.picture && tracks.sound
      ? [
          { metric: 'sound from picture, median', value: quantileOf(apart, 0.5), unit: 'ms', limit: apartLimit },
          { metric: 'sound from picture, most', value: mostOf(apart), unit: 'ms', limit: apartLimit },
        ]
      : []),
  ]);
}
