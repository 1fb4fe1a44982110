/** Chromium as a player: our own wall, by one way or the other, and what the browser says of its decoders. */
import type { Browser, Page } from 'playwright-core';
import { type Millis, millis, seconds } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import type { PlayedCamera } from './played-cameras.ts';

export type Way = 'mse' | 'webrtc';

export interface ChromiumSource {
  readonly origin: string;
  /** The Cookie header of a session. */
  readonly cookie: string;
  readonly cameras: readonly PlayedCamera[];
}

export interface TilePlayed {
  readonly camera: PlayedCamera;
  /** Its picture comes by the other way. */
  readonly strayed: boolean;
  /** Media errors, and pictures or sounds that were begun anew. */
  readonly errors: number;
  /** Seconds by the page's own clock, and what was decoded in them. */
  readonly elapsed: number;
  readonly pictures: number;
  /** Of these, the ones that never came onto the screen. */
  readonly dropped: number;
  /** Holes in what is buffered of picture and sound, freezes, and packets that never came. */
  readonly gaps: number;
  /** Seconds of sound that were played, made-up ones left out. */
  readonly sound: number;
  /** Milliseconds between sound and picture, most of the samples that were taken every second. */
  readonly apart: number;
  /** What the tile says beside its picture. */
  readonly notes: string;
}

/** Wide enough for main streams in the eyes of the page, and cheap to draw. */
const screen = { viewport: { width: 4_200, height: 2_400 }, deviceScaleFactor: 0.2 };
const playsWithin = 60_000;
const settling = seconds(3);

export async function playByChromium(
  browser: Browser,
  { origin, cookie, cameras }: ChromiumSource,
  way: Way,
  length: Millis,
): Promise<readonly TilePlayed[]> {
  const context = await browser.newContext(screen);
  try {
    const [name = '', value = ''] = cookie.split(/=(.*)/s);
    await context.addCookies([{ name, value, url: origin, httpOnly: true, sameSite: 'Strict' }]);
    const page = await context.newPage();
    // The other way is not tried while the one that won last plays.
    const winners = cameras.map(({ id }) => [`${id} main`, { codec: 'H.264', mode: way, at: Date.now() }]);
    await page.addInitScript({
      content: `localStorage.setItem('campus-gateway.language', 'en');
        localStorage.setItem('campus-gateway.wall.layout', '${cameras.length > 4 ? 9 : 4}');
        localStorage.setItem('campus-gateway.player', ${JSON.stringify(JSON.stringify(winners))});
        ${instruments}`,
    });
    await page.goto(`${origin}/wall`);
    for (const { id } of cameras) await tileOf(page, id, '[data-state="playing"]').waitFor({ timeout: playsWithin });
    for (const { id, sound } of cameras) {
      if (sound === 'none') continue;
      await tileOf(page, id).locator('.tile-sound').click();
      // One after the other: whatever begins to sound now is of this tile.
      if (wayOf(way, sound) === 'mse') await heard(page, id);
    }
    await systemClock.sleep(settling);
    for (const { id } of cameras) await tileOf(page, id, '[data-state="playing"]').waitFor({ timeout: playsWithin });
    await page.evaluate('played.mark()');
    await systemClock.sleep(millis(length));
    const told = await page.evaluate<Readonly<Record<string, Omit<TilePlayed, 'camera' | 'strayed'> & { readonly way: Way }>>>('played.tell()');
    return cameras.flatMap((camera) => {
      const { way: used, ...tile } = told[camera.id] ?? { way: undefined };
      return tile && used ? [{ camera, strayed: used !== wayOf(way, camera.sound), ...(tile as Omit<TilePlayed, 'camera' | 'strayed'>) }] : [];
    });
  } finally {
    await context.close();
  }
}

async function heard(page: Page, channel: string): Promise<void> {
  const limit = systemClock.monotonic() + playsWithin;
  while (!(await page.evaluate<boolean>(`played.heard('${channel}')`))) {
    if (systemClock.monotonic() > limit) throw new Error(`No sound of ${channel} was heard within ${playsWithin} ms.`);
    await systemClock.sleep(millis(100));
  }
}

/** Where sound is asked for, AAC comes by the page's socket: WebRTC carries none (RFC 7874). */
const wayOf = (way: Way, sound: PlayedCamera['sound']): Way => (sound === 'aac' ? 'mse' : way);

const tileOf = (page: Page, channel: string, state = '') => page.locator(`.grid .tile[data-channel="${channel}"]${state}`);

/** In the page: remembers what plays, and compares the figures of a tile at two times. */
const instruments = `
  const sounds = [];
  const peers = new Map();
  let errors = 0;
  let begun = 0;
  const make = document.createElement.bind(document);
  document.createElement = (name, ...more) => {
    const made = make(name, ...more);
    if (name !== 'video' && name !== 'audio') return made;
    begun += 1;
    made.addEventListener('error', () => { if (made.getAttribute('src')) errors += 1; });
    if (name === 'audio') sounds.push(made);
    return made;
  };
  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(...settings) {
      super(...settings);
      this.addEventListener('track', ({ track }) => peers.set(track.id, this));
    }
  };
  const tiles = () => [...document.querySelectorAll('.grid .tile[data-channel]')];
  const videoOf = (tile) => tile.querySelector('video.shown');
  const holes = (element) => element ? Math.max(0, element.buffered.length - 1) : 0;
  // A sound is no part of the document, and does not say whose it is.
  const owned = new Map();
  const statsOf = async (video) => {
    const peer = video.srcObject && peers.get(video.srcObject.getVideoTracks()[0]?.id);
    const of = {};
    if (peer) for (const report of (await peer.getStats()).values()) if (report.type === 'inbound-rtp') of[report.kind] = report;
    return of;
  };
  const look = async (tile) => {
    const video = videoOf(tile);
    const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
    const at = performance.now() / 1000;
    if (!video.srcObject) {
      const sound = owned.get(tile.dataset.channel);
      return { way: 'mse', at, video, pictures: totalVideoFrames, dropped: droppedVideoFrames, gaps: holes(video) + holes(sound),
        sound: sound ? sound.currentTime : 0, apart: sound ? Math.abs(sound.currentTime - video.currentTime) * 1000 : undefined };
    }
    const { video: picture = {}, audio } = await statsOf(video);
    const real = audio && audio.totalSamplesReceived > 0 ? 1 - audio.concealedSamples / audio.totalSamplesReceived : 0;
    const apart = audio && audio.estimatedPlayoutTimestamp && picture.estimatedPlayoutTimestamp
      ? Math.abs(audio.estimatedPlayoutTimestamp - picture.estimatedPlayoutTimestamp) : undefined;
    return { way: 'webrtc', at, video, pictures: picture.framesDecoded ?? 0, dropped: picture.framesDropped ?? 0,
      gaps: (picture.packetsLost ?? 0) + (audio?.packetsLost ?? 0) + (picture.freezeCount ?? 0), sound: (audio?.totalSamplesDuration ?? 0) * real, apart };
  };
  const marks = new Map();
  const apart = new Map();
  globalThis.played = {
    heard(channel) {
      const fresh = sounds.findLast((sound) => ![...owned.values()].includes(sound) && sound.webkitAudioDecodedByteCount > 0 && !sound.paused);
      if (fresh) owned.set(channel, fresh);
      return fresh !== undefined;
    },
    async mark() {
      errors = 0;
      begun = 0;
      for (const tile of tiles()) if (videoOf(tile)) marks.set(tile.dataset.channel, await look(tile));
      setInterval(async () => {
        for (const tile of tiles()) {
          const seen = videoOf(tile) && await look(tile);
          if (seen && seen.apart !== undefined) apart.set(tile.dataset.channel, [...(apart.get(tile.dataset.channel) ?? []), seen.apart]);
        }
      }, 1000);
    },
    async tell() {
      const told = {};
      for (const tile of tiles()) {
        const channel = tile.dataset.channel;
        const before = marks.get(channel);
        const now = videoOf(tile) && await look(tile);
        if (!before || !now) continue;
        told[channel] = { way: now.way, errors: errors + begun + (now.video === before.video ? 0 : 1), elapsed: now.at - before.at,
          pictures: now.pictures - before.pictures, dropped: now.dropped - before.dropped, gaps: now.gaps - (now.way === 'mse' ? 0 : before.gaps),
          sound: now.sound - before.sound, apart: apart.has(channel) ? Math.max(...apart.get(channel)) : NaN,
          notes: [...tile.querySelectorAll('.tile-note')].map(({ textContent }) => textContent).join(' · ') };
      }
      return told;
    },
  };`;
