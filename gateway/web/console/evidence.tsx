/** What an alarm is shown with: stills at once, clips that can be watched while they grow. */
import { Tag } from 'antd';
import { useEffect, useState } from 'react';
import type { AlarmView } from '../../domain/api.ts';
import type { Evidence, EvidenceState } from '../../domain/evidence.ts';
import { api } from '../shared/api.ts';
import type { Language, Say } from '../shared/texts.ts';
import { momentText } from '../shared/time-text.ts';

const again = 2_000;
const colours = {
  awaited: 'default',
  growing: 'blue',
  complete: 'green',
  'cut-short': 'orange',
  missing: 'red',
  removed: 'default',
} as const satisfies Record<EvidenceState, string>;

interface EvidenceProps {
  readonly alarm: AlarmView;
  readonly say: Say;
  readonly language: Language;
}

export function AlarmEvidence({ alarm: { id }, say, language }: EvidenceProps) {
  const [pieces, setPieces] = useState<readonly Evidence[]>([]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const look = async () => {
      const found = await api.evidence(id).catch(() => undefined); // asked again
      if (left) return;
      if (found) setPieces(found);
      if (!found || found.some(({ state }) => state === 'awaited' || state === 'growing')) timer = setTimeout(() => void look(), again);
    };
    void look();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [id]);
  if (pieces.length === 0) return null;
  return (
    <>
      <h3>{say('evidence')}</h3>
      <div className="evidence" data-testid="evidence">
        {pieces.map((piece) => (
          <figure key={piece.evidence}>
            <Picture piece={piece} />
            <figcaption>
              {piece.channel} · {say(piece.medium)} <Tag color={colours[piece.state]}>{say(piece.state)}</Tag>
              {piece.from === undefined ? null : <span className="quiet">{momentText(piece.from)}</span>}
              {piece.reason ? <p className="quiet">{piece.reason[language]}</p> : null}
            </figcaption>
          </figure>
        ))}
      </div>
    </>
  );
}

function Picture({ piece: { path, medium, state, bytes } }: { readonly piece: Evidence }) {
  const [refused, setRefused] = useState(false);
  if (bytes === 0 || state === 'removed' || refused) return null;
  if (medium === 'still') return <img src={path} alt="" onError={() => setRefused(true)} />;
  // Begun anew when it is finished: a player takes the length that it was told first.
  return (
    <video key={state} src={path} controls muted preload="metadata" onError={() => setRefused(true)}>
      <track kind="captions" />
    </video>
  );
}
