/** Finds ffmpeg and asks once what it can do: a configured path, then PATH, then the one that npm brings along (dependencies §3.2). */
import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { GatewayError } from '../domain/errors.ts';

/** One ffmpeg program and what it can do; every argument list is built from this. */
export interface Ffmpeg {
  readonly path: string;
  readonly source: 'configured' | 'path' | 'embedded';
  /** As it names itself, for example `5.1.9-0+deb12u1` or `N-47683-g0e8eb07980-static`. */
  readonly version: string;
  readonly encoders: ReadonlySet<string>;
  /** Option for a limit on an RTSP source, in microseconds: on 4.x `-timeout` means "be a server" (dependencies §0.6). */
  readonly rtspTimeout: '-timeout' | '-stimeout';
  /** Option whose value `passthrough` leaves the times of pictures as they are: renamed in ffmpeg 5.1. */
  readonly keepTimes: '-vsync' | '-fps_mode';
}

type Abilities = Omit<Ffmpeg, 'path' | 'source'>;

const stillWorks = 'Live pictures, recording of streams and alarms need no ffmpeg; snapshots, transcoding and simulated cameras do.';
const probeWithin = 10_000;
const mostOutput = 4 * 1024 * 1024;
/** A program does not change while we run: each is asked once. */
const probed = new Map<string, Promise<Abilities>>();

/**
 * The first ffmpeg that runs. Throws TRANSCODER_MISSING: also where a path is configured and is no ffmpeg, as another than the one asked for
 * would be a surprise. `search`: folders to look in instead of PATH.
 */
export async function findFfmpeg(configured?: string, search: string = process.env.PATH ?? ''): Promise<Ffmpeg> {
  if (configured !== undefined) {
    try {
      return { path: configured, source: 'configured', ...(await probe(configured)) };
    } catch (cause) {
      throw new GatewayError('TRANSCODER_MISSING', `The configured ffmpeg ${configured} does not run. ${stillWorks}`, {
        cause,
        context: { path: configured },
      });
    }
  }
  const tried: string[] = [];
  for (const { path, source } of [...(await onPath(search)), ...embedded()]) {
    try {
      return { path, source, ...(await probe(path)) };
    } catch {
      tried.push(path); // the next one may run: a broken ffmpeg on PATH is no reason to do without
    }
  }
  const where = tried.length > 0 ? ` ${tried.join(', ')} did not run.` : '';
  throw new GatewayError('TRANSCODER_MISSING', `No ffmpeg on PATH and none installed by npm.${where} ${stillWorks}`, { context: { tried } });
}

async function onPath(search: string): Promise<readonly { path: string; source: 'path' }[]> {
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg';
  for (const folder of search.split(delimiter).filter((each) => each !== '')) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      return [{ path, source: 'path' }];
    } catch {
      // not here; the next folder
    }
  }
  return [];
}

function embedded(): readonly { path: string; source: 'embedded' }[] {
  try {
    // An optional dependency: where it was not installed, or has nothing for this platform, requiring it throws.
    const installer: unknown = createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg');
    if (typeof installer === 'object' && installer !== null && 'path' in installer && typeof installer.path === 'string') {
      return [{ path: installer.path, source: 'embedded' }];
    }
  } catch {
    // not installed: the caller says so if nothing else is found
  }
  return [];
}

function probe(path: string): Promise<Abilities> {
  let asked = probed.get(path);
  if (!asked) {
    asked = ask(path);
    probed.set(path, asked);
    // One that failed may be repaired (installed, made executable) while we run.
    asked.catch(() => probed.delete(path));
  }
  return asked;
}

async function ask(path: string): Promise<Abilities> {
  const [version, encoders, rtsp, options] = await Promise.all([
    output(path, ['-version']),
    output(path, ['-hide_banner', '-encoders']),
    output(path, ['-hide_banner', '-h', 'demuxer=rtsp']),
    output(path, ['-hide_banner', '-h', 'long']),
  ]);
  const named = /^ffmpeg version (\S+)/.exec(version)?.[1];
  if (named === undefined) throw new Error(`${path} -version does not say that it is ffmpeg`);
  // ` V....D libx264   libx264 H.264 …`: six flags, the name, a description; the legend above has "=" in place of a name.
  const names = [...encoders.matchAll(/^ [VAS][A-Z.]{5} (\S+)/gm)].map((match) => match[1]!).filter((name) => name !== '=');
  return {
    version: named,
    encoders: new Set(names),
    rtspTimeout: /^\s*-stimeout\s/m.test(rtsp) ? '-stimeout' : '-timeout',
    keepTimes: /^-fps_mode\b/m.test(options) ? '-fps_mode' : '-vsync',
  };
}

function output(path: string, options: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(path, options, { encoding: 'utf8', timeout: probeWithin, maxBuffer: mostOutput, windowsHide: true }, (error, text) => {
      if (error) reject(error);
      else resolve(text);
    });
  });
}
