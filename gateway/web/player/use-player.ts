/** Players for React: one set of parts per page, one player per tile. */
import { createContext, type RefObject, useContext, useEffect, useRef, useState } from 'react';
import { MediaLink } from './media-link.ts';
import { mseMode } from './mse-mode.ts';
import { Player, type PlayerParts, type PlayerWish } from './player.ts';
import type { PlayerFigures, PlayerNotes, PlayerState } from './player-state.ts';
import { openCodecProbe } from './probe.ts';
import { whepMode } from './whep-mode.ts';
import { openWinners } from './winners.ts';

export const PlayerPage = createContext<PlayerParts | undefined>(undefined);

export function openPlayerPage(): PlayerParts {
  const link = new MediaLink();
  return { link, modes: { mse: mseMode(link, openCodecProbe()), webrtc: whepMode(link) }, winners: openWinners() };
}

export interface Playing {
  readonly state: PlayerState;
  readonly notes: PlayerNotes;
  figures(): PlayerFigures | undefined;
}

export interface PlayWish {
  readonly wish: PlayerWish | undefined;
  /** Somebody can see it. */
  readonly seen: boolean;
  /** Whatever the rest of the page knows of the camera; when it changes, a picture that is missing is asked for at once. */
  readonly hint: string;
  picture(capturedAt: number): void;
}

/** Plays into the stage for as long as there is a wish. */
export function usePlayer(stage: RefObject<HTMLElement | null>, { wish, seen, hint, picture }: PlayWish): Playing {
  const parts = useContext(PlayerPage);
  const player = useRef<Player>(undefined);
  const [state, setState] = useState<PlayerState>({ kind: 'connecting' });
  const [notes, setNotes] = useState<PlayerNotes>({});
  const latest = useRef({ wish, picture });
  latest.current = { wish, picture };
  const channel = wish?.channel;

  useEffect(() => {
    const first = latest.current.wish;
    if (!parts || !stage.current || channel === undefined || !first) return;
    const opened = new Player(stage.current, first, parts, {
      state: setState,
      notes: setNotes,
      picture: (capturedAt) => latest.current.picture(capturedAt),
    });
    player.current = opened;
    return () => {
      player.current = undefined;
      opened.close();
    };
  }, [parts, stage, channel]);

  const words = JSON.stringify(wish);
  useEffect(() => {
    const { wish: changed } = latest.current;
    if (changed && words) player.current?.change(changed);
  }, [words]);
  useEffect(() => {
    if (seen) player.current?.wake();
    else player.current?.rest();
  }, [seen]);
  useEffect(() => {
    if (hint) player.current?.nudge();
  }, [hint]);

  return { state, notes, figures: () => player.current?.figures() };
}
