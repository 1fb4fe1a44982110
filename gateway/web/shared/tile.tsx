/** One picture with its name, state and last-frame clock always on. It says why it shows nothing, and greys out what is old. */
import { useRef, useState } from 'react';
import type { ChannelView } from '../../domain/api.ts';
import { usePlayer } from '../player/use-player.ts';
import { useSeen, useWiderThan } from '../player/use-seen.ts';
import { StateShape } from './state-mark.tsx';
import type { Language, Say } from './texts.ts';
import { TileFigures } from './tile-figures.tsx';
import { noteOf, reasonOf, silenceOf } from './tile-words.ts';
import { clockText } from './time-text.ts';

export interface TileProps {
  readonly channel: ChannelView | undefined;
  /** `auto`: the main stream only where it is shown large. */
  readonly profile: 'auto' | 'main' | 'sub';
  /** So few pictures are on the page that each may use the quickest way, which costs the gateway most. */
  readonly few: boolean;
  readonly say: Say;
  readonly language: Language;
  readonly alarm?: string;
  readonly figures?: boolean;
}

/** CSS pixels; what is shown smaller gains nothing from the main stream. */
const large = 960;

export function Tile({ channel, profile, few, say, language, alarm, figures = false }: TileProps) {
  const figure = useRef<HTMLElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const clock = useRef<HTMLTimeElement>(null);
  const second = useRef(0);
  const [audio, setAudio] = useState(false);
  const seen = useSeen(figure, alarm !== undefined);
  const wide = useWiderThan(figure, large);
  const {
    state,
    notes,
    figures: read,
  } = usePlayer(stage, {
    wish: channel && {
      ...{ channel: channel.id, profile: profile === 'auto' ? (wide ? 'main' : 'sub') : profile, audio },
      ...{ purpose: 'local', urgent: alarm !== undefined, race: few },
    },
    seen,
    hint: `${channel?.state}`,
    picture(capturedAt) {
      const now = Math.floor(capturedAt / 1_000);
      if (now === second.current || !clock.current) return;
      second.current = now;
      clock.current.textContent = clockText(capturedAt);
    },
  });

  if (!channel) {
    return (
      <figure className="tile tile-empty" data-state="empty">
        <p className="tile-reason">{say('tileEmpty')}</p>
      </figure>
    );
  }
  const reason = reasonOf(state, channel.reason, say, language);
  const note = noteOf(notes, say, language);
  const silence = audio ? silenceOf(notes, say) : undefined;
  return (
    <figure ref={figure} className={alarm === undefined ? 'tile' : 'tile tile-alarm'} data-state={state.kind} data-channel={channel.id}>
      <div ref={stage} className="tile-stage" />
      {reason ? (
        <div className="tile-reason" role="status">
          <strong>{reason.what}</strong>
          {reason.why.map((line) => (
            <span key={line}>{line}</span>
          ))}
        </div>
      ) : null}
      <div className="tile-tops">
        {alarm === undefined ? null : <p className="tile-title">◆ {alarm}</p>}
        {state.kind === 'stalling' ? <p className="tile-note tile-held">{say('tileStalling')}</p> : null}
        {note ? <p className="tile-note">{note}</p> : null}
        {silence ? <p className="tile-note">{silence}</p> : null}
        {figures ? <TileFigures read={read} say={say} /> : null}
      </div>
      <figcaption>
        <StateShape state={channel.state} say={say} />
        <span className="tile-name">
          {channel.number} {channel.name}
        </span>
        <button
          type="button"
          className="tile-sound"
          aria-pressed={audio}
          aria-label={say(audio ? 'mute' : 'hear')}
          title={silence ?? say(audio ? 'mute' : 'hear')}
          onClick={() => setAudio(!audio)}
        >
          <Speaker on={audio && silence === undefined} />
        </button>
        <time ref={clock} className="tile-clock" />
      </figcaption>
    </figure>
  );
}

function Speaker({ on }: { readonly on: boolean }) {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" aria-hidden="true">
      <path d="M2 6h2.5L8 3v10L4.5 10H2z" fill="currentColor" stroke="none" />
      <path d={on ? 'M10.5 5.5a3.5 3.5 0 0 1 0 5M12.5 3.5a6.3 6.3 0 0 1 0 9' : 'M10.5 6l4 4M14.5 6l-4 4'} />
    </svg>
  );
}
