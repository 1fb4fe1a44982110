/** What an alarm is shown with: stills at once, clips that can be watched while they grow, each with the hash that proves it. */
import { Tag } from 'antd';
import { useState } from 'react';
import type { AlarmView } from '../../domain/api.ts';
import type { Evidence, EvidenceState } from '../../domain/evidence.ts';
import { api } from '../shared/api.ts';
import { bytesText } from '../shared/bytes-text.ts';
import { momentText } from '../shared/time-text.ts';
import { useAsked } from '../shared/use-asked.ts';
import { AskedState } from './asked-state.tsx';
import type { PageProps } from './console.tsx';

const again = 2_000;
const colours = {
  awaited: 'default',
  growing: 'blue',
  complete: 'green',
  'cut-short': 'orange',
  missing: 'red',
  removed: 'default',
} as const satisfies Record<EvidenceState, string>;

interface EvidenceProps extends Pick<PageProps, 'school' | 'say' | 'language' | 'may'> {
  readonly alarm: AlarmView;
}

export function AlarmEvidence({ alarm: { id, channels }, school, say, language, may }: EvidenceProps) {
  const asked = useAsked(
    () => api.evidence(id),
    (found) => (!found || found.some(({ state }) => state === 'awaited' || state === 'growing') ? again : undefined),
  );
  const pieces = asked.answer ?? [];
  const allowed = may('GET /media/v1/evidence/:id');
  return (
    <>
      <AskedState asked={asked} say={say} language={language} />
      {asked.answer?.length === 0 ? <p className="quiet">{say(channels.length === 0 ? 'noPictureHere' : 'evidenceNone')}</p> : null}
      {pieces.length > 0 && !allowed ? <p className="quiet">{say('evidenceNotYours')}</p> : null}
      <div className="evidence" data-testid="evidence">
        {pieces.map((piece) => {
          const name = `${school.channels.find((channel) => channel.id === piece.channel)?.name ?? piece.channel} · ${say(piece.medium)}`;
          return (
            <figure key={piece.evidence}>
              {allowed ? <Picture piece={piece} name={name} /> : null}
              <figcaption>
                {name} <Tag color={colours[piece.state]}>{say(piece.state)}</Tag>
                <span className="quiet">
                  {piece.from === undefined ? '' : momentText(piece.from)} {lengthOf(piece, say)} {piece.bytes > 0 ? bytesText(piece.bytes) : ''}
                </span>
                {piece.reason ? <p className="quiet">{piece.reason[language]}</p> : null}
                {piece.sha256 === undefined ? null : <p className="hash">SHA-256 {piece.sha256}</p>}
              </figcaption>
            </figure>
          );
        })}
      </div>
    </>
  );
}

function lengthOf({ medium, from, to }: Evidence, say: PageProps['say']): string {
  return medium === 'still' || from === undefined || to === undefined ? '' : say('figureSeconds', { n: Math.round((to - from) / 1_000) });
}

function Picture({ piece: { path, medium, state, bytes }, name }: { readonly piece: Evidence; readonly name: string }) {
  const [refused, setRefused] = useState(false);
  if (bytes === 0 || state === 'removed' || refused) return null;
  if (medium === 'still') return <img src={path} alt={name} onError={() => setRefused(true)} />;
  // Begun anew when it is finished: a player takes the length that it was told first.
  return (
    <video key={state} src={path} aria-label={name} controls muted preload="metadata" onError={() => setRefused(true)}>
      <track kind="captions" />
    </video>
  );
}
