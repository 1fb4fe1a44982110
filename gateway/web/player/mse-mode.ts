/** fMP4 over the page's socket into Media Source Extensions. Sound plays in an element of its own: a picture never waits for it. */
import { shownAt, timescaleOf } from './fmp4-times.ts';
import type { MediaLink } from './media-link.ts';
import type { Connection, Mode } from './mode.ts';
import type { CodecProbe } from './probe.ts';
import { openSound, type Sound } from './sound.ts';
import { openSteering } from './steer.ts';
import { TrackPipe } from './track-pipe.ts';

/** Frames of which the time is remembered; the newest are on their way to the screen. */
const timesKept = 300;
const steerEvery = 200;
/** The last fragment is not older than this while media flows. */
const flowLimit = 2_000;

export function mseMode(link: MediaLink, probe: CodecProbe): Mode {
  return {
    name: 'mse',
    connect(video, wish, events): Connection {
      let pipe: TrackPipe | undefined;
      let sound: Sound | undefined;
      let timescale = 0;
      let introduced = false;
      let closed = false;
      let arrivedAt = Number.NEGATIVE_INFINITY;
      let audioCodecs: string | undefined;
      /** What came while the browser was still asked whether it can play it. */
      let early: Uint8Array<ArrayBuffer>[] = [];
      const times: { readonly at: number; readonly capturedAt: number }[] = [];

      const close = () => {
        if (closed) return;
        closed = true;
        clearInterval(steering);
        leave();
        pipe?.close();
        sound?.close();
      };
      const over: typeof events.over = (why) => {
        if (closed) return;
        close();
        events.over(why);
      };

      const begin = (codecs: string, playable: boolean) => {
        if (closed) return;
        if (!playable) {
          over({ kind: 'unplayable', codecs });
          return;
        }
        pipe = new TrackPipe(video, `video/mp4; codecs="${codecs}"`, () => over({ kind: 'broken' }));
        for (const bytes of early) pipe.push(bytes);
        early = [];
      };

      const picture = (init: boolean, capturedAt: number, bytes: Uint8Array<ArrayBuffer>) => {
        if (init) timescale = timescaleOf(bytes);
        else {
          arrivedAt = performance.now();
          const at = (shownAt(bytes) ?? Number.NaN) / timescale;
          // In the order in which they are shown, which need not be that in which they come.
          if (Number.isFinite(at)) times.splice(times.findLastIndex((other) => other.at <= at) + 1, 0, { at, capturedAt });
          if (times.length > timesKept) times.shift();
          if (wish.audio && audioCodecs === undefined && times.length === 1) events.silent('none');
        }
        if (pipe) pipe.push(bytes);
        else early.push(bytes);
      };

      const leave = link.watch(wish, {
        text(text) {
          switch (text.kind) {
            case 'init':
              if (text.track === 'audio') {
                audioCodecs = text.codecs;
                return;
              }
              if (introduced) {
                over({ kind: 'renewed' });
                return;
              }
              introduced = true;
              events.facts({ codecs: text.codecs, ...(text.transcoded ? { transcoded: true } : {}) });
              void probe(text).then((playable) => begin(text.codecs, playable));
              return;
            case 'stepped-down':
              events.steppedDown(text.profile, text.reason);
              return;
            case 'ended':
              over({ kind: 'ended', code: text.code, reason: text.reason });
              return;
          }
        },
        media({ init, track, capturedAt, bytes }) {
          if (track === 'video') picture(init, capturedAt, bytes);
          else {
            if (init) {
              sound?.close();
              sound = openSound(audioCodecs ?? '', video, events.silent);
            }
            sound?.push(bytes);
          }
        },
        lost: () => over({ kind: 'lost' }),
      });
      const steer = openSteering(video);
      const steering = setInterval(() => {
        if (!pipe) return;
        steer(pipe.newest);
        sound?.follow();
      }, steerEvery);

      return {
        capturedAt({ mediaTime }) {
          // Half a millisecond for the rounding of the browser.
          return times.findLast(({ at }) => at <= mediaTime + 0.000_5)?.capturedAt;
        },
        get flowing() {
          return performance.now() - arrivedAt < flowLimit;
        },
        close,
      };
    },
  };
}
