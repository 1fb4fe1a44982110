/** One picture with its name and last-frame clock always on. It says why it shows nothing, and greys out what is old. */
import { useEffect, useRef, useState } from 'react';
import type { ChannelView } from '../../domain/api.ts';
import { type PlayerState, play } from './player.ts';
import type { Say } from './texts.ts';
import { clockText } from './time-text.ts';

export interface TileProps {
  readonly channel: ChannelView | undefined;
  readonly profile: 'main' | 'sub';
  readonly say: Say;
  readonly alarm?: string;
}

/** Hidden pages stop their tiles after this long; alarm cells go on. */
const hiddenLimit = 5_000;

export function Tile({ channel, profile, say, alarm }: TileProps) {
  const video = useRef<HTMLVideoElement>(null);
  const clock = useRef<HTMLTimeElement>(null);
  const [state, setState] = useState<PlayerState>({ kind: 'connecting' });
  const [visible, setVisible] = useState(true);
  const id = channel?.id;

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      clearTimeout(timer);
      if (document.visibilityState === 'visible') setVisible(true);
      else if (alarm === undefined) timer = setTimeout(() => setVisible(false), hiddenLimit);
    };
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [alarm]);

  useEffect(() => {
    if (!video.current || id === undefined || !visible) return;
    let second = 0;
    return play(video.current, id, profile, {
      state: (next) => setState((before) => (JSON.stringify(before) === JSON.stringify(next) ? before : next)),
      picture: (capturedAt) => {
        const now = Math.floor(capturedAt / 1_000);
        if (now === second || !clock.current) return;
        second = now;
        clock.current.textContent = clockText(capturedAt);
      },
    });
  }, [id, profile, visible]);

  const live = state.kind === 'playing';
  return (
    <figure
      className={`tile ${live ? '' : 'tile-old'} ${alarm === undefined ? '' : 'tile-alarm'}`}
      data-state={channel ? state.kind : 'empty'}
      data-channel={id}
    >
      {channel ? <video ref={video} muted playsInline autoPlay disablePictureInPicture /> : null}
      <figcaption>
        <span className="tile-name">{channel ? `${channel.number} ${channel.name}` : say('tileEmpty')}</span>
        <time ref={clock} className="tile-clock" />
      </figcaption>
      {channel && !live ? <p className="tile-reason">{reasonOf(state, say)}</p> : null}
      {alarm === undefined ? null : <p className="tile-title">◆ {alarm}</p>}
    </figure>
  );
}

function reasonOf(state: PlayerState, say: Say): string {
  switch (state.kind) {
    case 'connecting':
      return say('tileConnecting');
    case 'waiting':
      return say('tileWaiting');
    case 'playing':
      return '';
    case 'stale':
      return say('tileStale', { n: state.seconds });
    case 'no-signal':
      return say('tileNoSignal');
    case 'link-lost':
      return say('tileLinkLost');
    case 'not-permitted':
      return say('tileNotPermitted');
    case 'codec':
      return say('tileCodec', { codec: state.codec });
  }
}
