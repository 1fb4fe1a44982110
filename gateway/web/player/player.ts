/**
 * One picture that never lies: the modes race for it, the last one stays in view until a newer one is there, and what is old is said to be old.
 * It comes back for ever.
 */
import { openRetry } from '../shared/retry.ts';
import { Fallback, type StreamChoice } from './fallback.ts';
import type { MediaLink, Wish } from './media-link.ts';
import type { Mode, ModeName, Over } from './mode.ts';
import { type PlayerFigures, type PlayerNotes, type PlayerState, type Trouble, troubleOf } from './player-state.ts';
import { Race } from './race.ts';
import { Session } from './session.ts';
import type { Winners } from './winners.ts';

export interface PlayerParts {
  readonly link: MediaLink;
  readonly modes: Readonly<Record<ModeName, Mode>>;
  readonly winners: Winners;
}

export interface PlayerView {
  state(state: PlayerState): void;
  notes(notes: PlayerNotes): void;
  /** When the picture on the screen was taken, epoch ms by the gateway's clock. */
  picture(capturedAt: number): void;
}

export interface PlayerWish extends Wish {
  /** WebRTC may try to be quicker. */
  readonly race: boolean;
}

const tickEvery = 250;
const stallsAfter = 3_000;
/** Said before 5 s are over, the tick included, and another for a page that is busy. */
const staleAfter = 5_000 - 2 * tickEvery;
const nextModeAfter = 6_000;
/** How long the mode that won last is tried alone. */
const headStart = 2_000;
const unplayableAgain = 60_000;
const renewedAgain = 1_000;

export class Player {
  readonly #stage: HTMLElement;
  readonly #parts: PlayerParts;
  readonly #view: PlayerView;
  readonly #retry = openRetry(() => this.#begin());
  readonly #race: Race;
  readonly #rising = new Set<Session>();
  readonly #fallback = new Fallback();
  #wish: PlayerWish;
  #shown: Session | undefined;
  #trouble: Trouble | undefined;
  #resting = false;
  #visibleSince = 0;
  #later: ReturnType<typeof setTimeout> | undefined;
  #ticking: ReturnType<typeof setInterval>;
  #said = '';

  constructor(stage: HTMLElement, wish: PlayerWish, parts: PlayerParts, view: PlayerView) {
    this.#stage = stage;
    this.#wish = wish;
    this.#parts = parts;
    this.#view = view;
    this.#race = new Race(parts.winners);
    this.#ticking = setInterval(() => this.#tick(), tickEvery);
    document.addEventListener('visibilitychange', this.#seenAgain);
    this.#begin();
  }

  /** Another stream of the camera, or with sound: the picture stays until that one is there. */
  change(wish: PlayerWish): void {
    if (JSON.stringify(wish) === JSON.stringify(this.#wish)) return;
    this.#wish = wish;
    if (!this.#resting) this.#begin();
  }

  /** The camera is said to be back: no need to wait for the next try. */
  nudge(): void {
    this.#retry.now();
  }

  /** Nobody looks: takes nothing, keeps the last picture. */
  rest(): void {
    this.#resting = true;
    this.#stopTrying();
    this.#shown?.retire();
    this.#tell();
  }

  wake(): void {
    if (!this.#resting) return;
    this.#resting = false;
    this.#begin();
  }

  close(): void {
    clearInterval(this.#ticking);
    document.removeEventListener('visibilitychange', this.#seenAgain);
    this.#stopTrying();
    this.#retry.close();
    this.#shown?.remove();
  }

  figures(): PlayerFigures | undefined {
    const session = this.#shown;
    const facts = session?.facts;
    if (!session || !facts) return undefined;
    const { totalVideoFrames, droppedVideoFrames } = session.video.getVideoPlaybackQuality();
    return {
      mode: session.mode,
      codec: facts.codecs,
      transcoded: facts.transcoded ?? false,
      profile: session.steppedDown?.profile ?? session.wish.profile,
      width: session.video.videoWidth,
      height: session.video.videoHeight,
      ...(session.millisBehind === undefined ? {} : { millisBehind: session.millisBehind }),
      shown: totalVideoFrames,
      dropped: droppedVideoFrames,
    };
  }

  #seenAgain = () => {
    // No frame is told of while the page is hidden: what was on the screen then is not yet old.
    this.#visibleSince = performance.now();
  };

  #stopTrying(): void {
    clearTimeout(this.#later);
    this.#retry.stop();
    for (const session of this.#rising) session.remove();
    this.#rising.clear();
  }

  #begin(): void {
    this.#stopTrying();
    const { profile } = this.#wish;
    const choice = this.#fallback.choose(profile);
    if (!choice) {
      this.#later = setTimeout(() => {
        this.#fallback.forget();
        this.#begin();
      }, unplayableAgain);
    } else if (choice.plays) {
      // Not yet the last word on what can be played.
      if (this.#trouble?.kind === 'unplayable' && !this.#trouble.reason) this.#trouble = undefined;
      this.#start('mse', choice);
    } else {
      const failed = this.#shown?.mode === 'webrtc' && !this.#fresh();
      const starters = this.#wish.race ? this.#race.starters(`${this.#wish.channel} ${choice.profile}`, failed) : (['mse'] as const);
      for (const mode of starters) this.#start(mode, choice);
    }
    this.#tell();
  }

  #start(mode: ModeName, { profile, plays }: StreamChoice): void {
    const { race: _, ...wish } = this.#wish;
    const session = new Session(this.#parts.modes[mode], { ...wish, profile, ...(plays ? { plays } : {}) }, this.#stage, {
      firstPicture: (one) => this.#show(one),
      picture: (one, capturedAt) => {
        if (one !== this.#shown) return;
        const now = this.#parts.link.gatewayNow;
        one.millisBehind = now === undefined ? undefined : Math.max(0, Math.round(now - capturedAt));
        this.#view.picture(capturedAt);
      },
      facts: (one) => this.#learn(one),
      changed: () => this.#tell(),
      over: (one, why) => this.#over(one, why),
    });
    this.#rising.add(session);
  }

  #learn(session: Session): void {
    this.#trouble = undefined;
    this.#race.learn(session);
    this.#tell();
  }

  /** Its first picture is there: it takes the place of the one before. */
  #show(session: Session): void {
    if (!this.#rising.delete(session)) return;
    this.#shown?.remove();
    this.#shown = session;
    session.video.classList.add('shown');
    this.#trouble = undefined;
    this.#retry.stop();
    this.#retry.succeeded();
    for (const one of this.#rising) {
      if (one.mode === 'webrtc') continue;
      one.remove();
      this.#rising.delete(one);
    }
    this.#race.shown(session);
    this.#tell();
  }

  #over(session: Session, why: Over): void {
    const rose = this.#rising.delete(session);
    if (session === this.#shown) session.retire();
    else session.remove();
    if (!rose && session !== this.#shown) return;
    this.#trouble = troubleOf(why) ?? this.#trouble;
    switch (why.kind) {
      case 'unplayable':
        this.#fallback.cannotPlay(session.wish, why.codecs);
        this.#begin();
        return;
      case 'absent':
        this.#race.absent();
        if (this.#rising.size === 0 && !(this.#fresh() && this.#shown?.meets(session.wish))) this.#begin();
        return;
      case 'renewed':
        if (performance.now() - session.startedAt < renewedAgain) this.#retry.soon();
        else this.#start(session.mode, session.wish);
        return;
      case 'lost':
        this.#begin(); // waits for the link, which has a patience of its own
        return;
      case 'ended':
      case 'broken':
        if (why.kind === 'ended' && (why.code === 'TRANSCODER_OFF' || why.code === 'TRANSCODER_MISSING')) {
          this.#fallback.cannotTranscode();
          this.#begin();
        } else if (this.#rising.size === 0) this.#retry.soon();
        this.#tell();
        return;
    }
  }

  #age(): number {
    const shownAt = this.#shown?.pictureAt;
    return shownAt === undefined ? Number.POSITIVE_INFINITY : performance.now() - Math.max(shownAt, this.#visibleSince);
  }

  #fresh(): boolean {
    return this.#shown !== undefined && !this.#shown.ended && this.#age() < stallsAfter;
  }

  #tick(): void {
    if (this.#resting || document.visibilityState !== 'visible') return;
    const now = performance.now();
    const fresh = this.#fresh();
    for (const one of [...this.#rising]) {
      const tried = now - one.startedAt;
      if (one.mode === 'webrtc') {
        const served = fresh && this.#shown?.meets(one.wish);
        if (served && this.#race.over) {
          this.#rising.delete(one);
          one.remove();
          if (this.#shown) this.#race.won(this.#shown);
        } else if (tried > nextModeAfter && !served) this.#over(one, { kind: 'absent' });
        else if (tried > headStart && !served && this.#rising.size === 1) this.#start('mse', one.wish);
      } else if (tried > nextModeAfter && one.flowing) this.#over(one, { kind: 'broken' });
    }
    if (this.#shown && this.#age() > nextModeAfter && this.#rising.size === 0 && !this.#retry.waiting) this.#begin();
    if (fresh && this.#wish.race && this.#shown?.mode === 'mse' && this.#rising.size === 0 && this.#race.tryAgain()) {
      this.#start('webrtc', this.#shown.wish);
    }
    this.#tell();
  }

  #tell(): void {
    const state = this.#state();
    const notes = this.#notes();
    const said = JSON.stringify([state, notes]);
    if (said === this.#said) return;
    this.#said = said;
    this.#view.state(state);
    this.#view.notes(notes);
  }

  #state(): PlayerState {
    if (this.#resting) return { kind: 'resting' };
    const age = this.#age();
    if (age === Number.POSITIVE_INFINITY) return this.#why();
    if (age > staleAfter) return { kind: 'stale', seconds: Math.round(age / 1_000), trouble: this.#why() };
    const held = age > stallsAfter || (this.#shown?.ended === true && this.#why().kind === 'link-lost');
    return { kind: held ? 'stalling' : 'playing' };
  }

  #why(): Trouble {
    if (!this.#parts.link.up) return { kind: 'link-lost' };
    if (this.#trouble) return this.#trouble;
    const all = [...this.#rising, ...(this.#shown ? [this.#shown] : [])];
    if (all.some(({ flowing }) => flowing)) return { kind: 'waiting' };
    if (this.#shown) return { kind: 'no-signal' };
    return { kind: all.some(({ facts }) => facts) ? 'waiting' : 'connecting' };
  }

  #notes(): PlayerNotes {
    const session = this.#shown;
    const insteadOf = session && session.wish.profile !== this.#wish.profile ? this.#fallback.insteadOf(this.#wish.profile) : undefined;
    return {
      ...(insteadOf === undefined ? {} : { insteadOf }),
      ...(session?.steppedDown ? { steppedDown: session.steppedDown.reason } : {}),
      ...(session?.silence ? { silence: session.silence } : {}),
    };
  }
}
