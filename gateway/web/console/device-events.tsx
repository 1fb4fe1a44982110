/** What a camera says by itself: which events it offers, which of them become alarms, and whether it is heard just now. */
import { Space, Tag } from 'antd';
import type { CameraEventsView } from '../../domain/api.ts';
import type { Language, Say } from '../shared/texts.ts';
import { momentText } from '../shared/time-text.ts';

interface DeviceEventsProps {
  readonly events: CameraEventsView;
  readonly say: Say;
  readonly language: Language;
}

const states = { off: 'eventsOff', waiting: 'eventsWaiting', heard: 'eventsHeard', lost: 'eventsLost' } as const;

export function DeviceEvents({ events, say, language }: DeviceEventsProps) {
  const { state, since, provenAt, why, kinds, unknown } = events;
  return (
    <section aria-label={say('cameraEvents')}>
      <h3>{say('cameraEvents')}</h3>
      <p>
        {say(states[state], { at: momentText(since) })} {why?.[language]}{' '}
        {state === 'off' ? '' : say('eventsProven', { at: provenAt ? momentText(provenAt) : say('never') })}
      </p>
      <Space wrap size="small">
        {kinds.map(({ kind, topic, title, offered, wanted }) => (
          <Tag key={`${kind} ${topic ?? ''}`} color={wanted ? (offered ? 'blue' : 'orange') : 'default'}>
            {title[language]}
            {topic ? ` (${topic})` : ''}: {say(wanted ? (offered ? 'eventOn' : 'eventNotOffered') : 'eventOff')}
          </Tag>
        ))}
        {kinds.length === 0 ? <span className="quiet">{say('eventsNone')}</span> : undefined}
      </Space>
      {unknown.length > 0 ? <p className="quiet">{say('eventsUnknown', { topics: unknown.join(', ') })}</p> : undefined}
    </section>
  );
}
