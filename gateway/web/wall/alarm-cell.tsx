/** The reserved alarm cell: the gravest open alarm with its place, cameras and receipts; the rest as a count. */
import { useRef } from 'react';
import type { AlarmView, ChannelView } from '../../domain/api.ts';
import { deliveryBadge } from '../shared/delivery.ts';
import type { Language, Say } from '../shared/texts.ts';
import { Tile } from '../shared/tile.tsx';
import { momentText } from '../shared/time-text.ts';
import { usePainted } from '../shared/use-painted.ts';

export interface AlarmCellProps {
  readonly alarms: readonly AlarmView[];
  readonly channels: readonly ChannelView[];
  readonly say: Say;
  readonly language: Language;
  acknowledge(alarm: string): Promise<void>;
  shown(alarm: string): void;
}

/** Live ones before late ones, the gravest first, then the newest. */
function byGravity(a: AlarmView, b: AlarmView): number {
  return Number(a.historical) - Number(b.historical) || a.severity - b.severity || b.position - a.position;
}

export function AlarmCell({ alarms, channels, say, language, acknowledge, shown }: AlarmCellProps) {
  const cell = useRef<HTMLElement>(null);
  const [first, ...rest] = [...alarms].sort(byGravity);

  usePainted(cell, first?.id, shown);

  if (!first) {
    return (
      <aside className="alarm-cell alarm-none" aria-label={say('alarmCell')}>
        <p>○ {say('noAlarmNow')}</p>
      </aside>
    );
  }
  const linked = first.channels.flatMap((id) => channels.find((channel) => channel.id === id) ?? []).slice(0, 4);
  const badge = deliveryBadge(first, say);
  return (
    <aside
      ref={cell}
      className={`alarm-cell alarm-open alarm-severity-${first.severity}`}
      aria-label={say('alarmCell')}
      aria-live="assertive"
      data-alarm={first.id}
    >
      <h2>
        <span className="alarm-new">◆</span> {first.title[language]}
      </h2>
      <p className="alarm-where">
        {first.place ?? first.panelName} · {first.zoneName}
        {first.drill ? <span className="drill"> {say('drill')}</span> : null}
        {first.test ? <span className="drill"> {say('test')}</span> : null}
        {first.historical ? <span> {say('historical')}</span> : null}
      </p>
      <p>{say('occurred', { at: momentText(first.occurredAt ?? first.receivedAt) })}</p>
      <p className={`badge badge-${badge.kind}`}>{badge.text}</p>
      <div className="alarm-tiles">
        {linked.length === 0 ? <p className="quiet">{say('noPictureHere')}</p> : null}
        {linked.map((channel) => (
          <Tile key={channel.id} channel={channel} profile="sub" few say={say} language={language} alarm={first.zoneName} />
        ))}
      </div>
      <button type="button" className="take" onClick={() => void acknowledge(first.id)}>
        {say('acknowledge')}
      </button>
      {rest.length > 0 ? <p className="alarm-rest">{say('more', { n: rest.length })}</p> : null}
    </aside>
  );
}
