/** One incident: whether it has arrived, what is done about it, what the cameras see and saw, and the proof of all of it. */
import { Alert, Button, Drawer, Empty, Segmented, Tag } from 'antd';
import { useEffect, useRef, useState } from 'react';
import type { AlarmView } from '../../domain/api.ts';
import { openPlayerPage, PlayerPage } from '../player/use-player.ts';
import { api, Problem } from '../shared/api.ts';
import { deliveryBadge } from '../shared/delivery.ts';
import { problemText } from '../shared/problem-text.ts';
import { Tile } from '../shared/tile.tsx';
import { clockText, momentText } from '../shared/time-text.ts';
import { useAsked } from '../shared/use-asked.ts';
import { AlarmLife, StateTag } from './alarm-life.tsx';
import { AlarmMarks, badgeColour } from './alarm-marks.tsx';
import { AskedState } from './asked-state.tsx';
import { ChainState } from './chain-state.tsx';
import type { PageProps } from './console.tsx';
import { AlarmEvidence } from './evidence.tsx';
import { PhonePolice } from './phone-police.tsx';
import { ReceiptLadder } from './receipt-ladder.tsx';

/** The live channel tells what moves; whether 15 s have passed, only time does. */
const again = 5_000;
const atMost = 1_000;

export function IncidentCard(props: PageProps) {
  const { thing, open, school, language, say } = props;
  const known = school.alarms.find(({ id }) => id === thing);
  return (
    <Drawer
      open={thing !== undefined}
      onClose={() => open(undefined)}
      title={known ? known.title[language] : thing && say('incident')}
      size="min(1180px, 100vw)"
      destroyOnHidden
    >
      {thing === undefined ? null : <Incident key={known?.incident ?? thing} {...props} thing={thing} known={known} />}
    </Drawer>
  );
}

function Incident({ thing, known, ...props }: Omit<PageProps, 'thing'> & { readonly thing: string; readonly known: AlarmView | undefined }) {
  const { school, say, language, may, open } = props;
  const asked = useAsked(
    () => api.incident(thing),
    () => again,
  );
  const incident = asked.answer?.id ?? known?.incident ?? thing;
  const live = school.alarms.filter((alarm) => alarm.id === thing || alarm.id === incident || alarm.incident === incident);
  // What has moved on is read anew, as the answer has what the live channel has not; in a storm not at each of its alarms.
  const moved = live
    .map(({ id, receipts, timeline, deliveries }) => `${id} ${receipts.length} ${timeline.length} ${deliveries.map(({ state }) => state)}`)
    .join();
  const { again: askAgain } = asked;
  const askedAt = useRef(-atMost);
  useEffect(() => {
    if (moved === '') return;
    const ask = () => {
      askedAt.current = performance.now();
      askAgain();
    };
    const timer = setTimeout(ask, Math.max(0, askedAt.current + atMost - performance.now()));
    return () => clearTimeout(timer);
  }, [moved, askAgain]);

  const alarms = asked.answer?.alarms ?? [...live].reverse();
  const alarm = alarms.find(({ id }) => id === thing) ?? alarms[0];
  if (!alarm) {
    const gone = asked.failure instanceof Problem && asked.failure.status === 404;
    return gone ? <Empty description={say('noSuchAlarm')} /> : <AskedState asked={asked} say={say} language={language} />;
  }
  const { phone, count = alarms.length, chain = [] } = asked.answer ?? {};
  const mark = chain.find((one) => one.alarm === alarm.id);
  return (
    <div className="card" data-testid="incident">
      {phone ? <PhonePolice phone={phone} say={say} language={language} /> : null}
      {asked.failure === undefined ? null : <AskedState asked={asked} say={say} language={language} />}
      <AlarmFacts alarm={alarm} say={say} />
      {count > 1 ? <Members {...{ alarms, alarm, count, school, say, language, open }} mayStep={may('POST /api/v1/alarms/:id/steps')} /> : null}
      <div className="card-columns">
        <div>
          <AlarmLife key={`life ${alarm.id}`} alarm={alarm} {...props} />
          {mark ? <ChainState mark={mark} {...{ say, language, may }} /> : null}
        </div>
        <div>
          <Pictures key={alarm.id} alarm={alarm} {...{ school, say, language, may }} />
          <ReceiptLadder alarm={alarm} school={school} say={say} />
        </div>
      </div>
    </div>
  );
}

function AlarmFacts({ alarm, say }: { readonly alarm: AlarmView; readonly say: PageProps['say'] }) {
  const facts = [
    [say('severity'), say(`severity.${alarm.severity}`)],
    [say('zone'), `${alarm.panelName} / ${alarm.zoneName}`],
    [say('place'), alarm.place ?? '—'],
    [
      say('pressed'),
      alarm.occurredAt === undefined ? '—' : `${momentText(alarm.occurredAt)}${alarm.clockTrust === 'ok' ? '' : ` (${say('clockNotTrusted')})`}`,
    ],
    [say('received'), momentText(alarm.receivedAt)],
  ] as const;
  return (
    <div>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <AlarmMarks alarm={alarm} say={say} />
    </div>
  );
}

interface MembersProps extends Pick<PageProps, 'school' | 'say' | 'language' | 'open'> {
  readonly alarms: readonly AlarmView[];
  readonly alarm: AlarmView;
  readonly count: number;
  readonly mayStep: boolean;
}

/** Which alarms belong together, oldest first; each is led to its end by itself, but taking them on is one press. */
function Members({ alarms, alarm, count, school, say, language, open, mayStep }: MembersProps) {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const fresh = alarms.filter(({ steps }) => steps.includes('acknowledged'));
  const takeAll = async () => {
    setBusy(true);
    setRefusal(undefined);
    try {
      for (const { id } of fresh) await school.take(id, { name: 'acknowledged' });
    } catch (error) {
      setRefusal(problemText(error, say, language));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section aria-label={say('incidentAlarms', { n: count })}>
      <h3>{say('incidentAlarms', { n: count })}</h3>
      <ul className="members">
        {alarms.map((one) => {
          const badge = deliveryBadge(one, say);
          return (
            <li key={one.id}>
              <button type="button" aria-pressed={one.id === alarm.id} onClick={() => open(one.id)}>
                <span>
                  {clockText(one.occurredAt ?? one.receivedAt)} {one.title[language]} · {one.zoneName}
                </span>
                <span>
                  <StateTag alarm={one} say={say} /> <Tag color={badgeColour[badge.kind]}>{badge.text}</Tag>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {count > alarms.length ? <p className="quiet">{say('incidentMore', { n: count - alarms.length })}</p> : null}
      {mayStep && fresh.length > 1 ? (
        <Button type="primary" loading={busy} onClick={() => void takeAll()}>
          {say('acknowledgeAll', { n: fresh.length })}
        </Button>
      ) : null}
      {refusal === undefined ? null : <Alert type="warning" showIcon title={refusal} />}
    </section>
  );
}

function Pictures({ alarm, ...props }: Pick<PageProps, 'school' | 'say' | 'language' | 'may'> & { readonly alarm: AlarmView }) {
  const { school, say, language } = props;
  const [shown, setShown] = useState<'saw' | 'see'>('saw');
  const channels = alarm.channels.flatMap((id) => school.channels.find((channel) => channel.id === id) ?? []);
  return (
    <section aria-label={say('evidence')}>
      <h3>{say('evidence')}</h3>
      {channels.length === 0 ? null : (
        <Segmented<'saw' | 'see'>
          className="gap"
          value={shown}
          onChange={setShown}
          options={[
            { value: 'saw', label: say('sawThen') },
            { value: 'see', label: say('seeNow') },
          ]}
        />
      )}
      {shown === 'saw' ? <AlarmEvidence alarm={alarm} {...props} /> : <Live channels={channels} say={say} language={language} />}
    </section>
  );
}

function Live({ channels, say, language }: Pick<PageProps, 'say' | 'language'> & { readonly channels: PageProps['school']['channels'] }) {
  const [parts] = useState(openPlayerPage);
  return (
    <PlayerPage value={parts}>
      <div className="live-tiles">
        {channels.map((channel) => (
          <Tile key={channel.id} channel={channel} profile="auto" few say={say} language={language} />
        ))}
      </div>
    </PlayerPage>
  );
}
