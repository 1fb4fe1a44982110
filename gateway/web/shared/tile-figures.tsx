/** What the player knows about the picture that is on the screen, read every second. */
import { useEffect, useRef, useState } from 'react';
import type { PlayerFigures } from '../player/player-state.ts';
import type { Say } from './texts.ts';

export function TileFigures({ read, say }: { read(): PlayerFigures | undefined; readonly say: Say }) {
  const [now, setNow] = useState<PlayerFigures>();
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    const look = () => setNow(latest.current());
    look();
    const again = setInterval(look, 1_000);
    return () => clearInterval(again);
  }, []);
  if (!now) return null;
  const rows = [
    [say('figureMode'), now.mode === 'mse' ? 'MSE' : 'WebRTC'],
    [
      say('figureCodec'),
      `${now.codec} (${say(now.profile === 'main' ? 'streamMain' : 'streamSub')}${now.transcoded ? say('figureTranscoded') : ''})`,
    ],
    [say('figureSize'), `${now.width} × ${now.height}`],
    [say('figureBehind'), now.millisBehind === undefined ? '—' : say('figureMillis', { n: now.millisBehind })],
    [say('figureDropped'), say('figureFrames', { n: now.dropped, total: now.shown })],
  ];
  return (
    <dl className="tile-figures">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
