/** Alarms, newest first, each with the ladder of its receipts. */
import { Button, Drawer, Empty, Space, Table, Tag, Timeline } from 'antd';
import { type ReactNode, useRef, useState } from 'react';
import type { AlarmView, ReceiptView } from '../../domain/api.ts';
import type { DeliveryStatus } from '../../domain/delivery.ts';
import { deliveryBadge } from '../shared/delivery.ts';
import { momentText } from '../shared/time-text.ts';
import { usePainted } from '../shared/use-painted.ts';
import { AlarmLife, StateTag } from './alarm-life.tsx';
import type { PageProps } from './console.tsx';
import { AlarmEvidence } from './evidence.tsx';

const badgeColour = { local: 'default', waiting: 'red', refused: 'orange', delivered: 'green' } as const;

export function Alarms({ school, say, language }: PageProps) {
  const [openId, setOpenId] = useState<string>();
  const open = school.alarms.find(({ id }) => id === openId);
  return (
    <div className="page">
      <Table<AlarmView>
        rowKey="id"
        size="middle"
        loading={!school.loaded}
        pagination={false}
        scroll={{ x: 900 }}
        dataSource={[...school.alarms]}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={say('noAlarms')} /> }}
        onRow={({ id }) => ({ onClick: () => setOpenId(id) })}
        rowClassName={(alarm) => (alarm.acknowledgedAt ? 'row-link' : 'row-link row-new')}
        columns={[
          {
            title: say('alarmType'),
            render: (_, alarm) => (
              <Painted alarm={alarm} shown={school.shown}>
                <span className={alarm.acknowledgedAt ? 'alarm-mark' : 'alarm-mark alarm-new'}>◆</span> {alarm.title[language]}{' '}
                <Marks alarm={alarm} say={say} />
              </Painted>
            ),
          },
          { title: say('zone'), render: (_, alarm) => `${alarm.panelName} / ${alarm.zoneName}` },
          { title: say('place'), dataIndex: 'place' },
          { title: say('time'), width: 180, render: (_, alarm) => momentText(alarm.occurredAt ?? alarm.receivedAt) },
          {
            title: say('delivery'),
            width: 160,
            render: (_, alarm) => {
              const badge = deliveryBadge(alarm, say);
              return <Tag color={badgeColour[badge.kind]}>{badge.text}</Tag>;
            },
          },
          {
            title: say('stateNow'),
            width: 160,
            render: (_, alarm) =>
              alarm.acknowledgedAt ? (
                <StateTag alarm={alarm} say={say} />
              ) : (
                <Button
                  type="primary"
                  danger={alarm.severity === 1}
                  onClick={(click) => {
                    click.stopPropagation();
                    void school.acknowledge(alarm.id);
                  }}
                >
                  {say('acknowledge')}
                </Button>
              ),
          },
        ]}
      />
      {school.earlier === undefined ? null : <Button onClick={() => void school.loadEarlier()}>{say('loadMore')}</Button>}
      <Drawer open={open !== undefined} onClose={() => setOpenId(undefined)} title={open?.title[language]} size={520}>
        {open ? (
          <>
            <p>
              {open.panelName} / {open.zoneName} {open.place ? `· ${open.place}` : ''}
            </p>
            <AlarmLife key={`life ${open.id}`} alarm={open} school={school} say={say} language={language} />
            <AlarmEvidence key={open.id} alarm={open} say={say} language={language} />
            <Ladder alarm={open} say={say} />
          </>
        ) : null}
      </Drawer>
    </div>
  );
}

/** An old alarm that somebody looks up is not shown anew. */
function Painted({ alarm, shown, children }: { readonly alarm: AlarmView; readonly children: ReactNode; shown(alarm: string): void }) {
  const element = useRef<HTMLSpanElement>(null);
  usePainted(element, alarm.acknowledgedAt === undefined ? alarm.id : undefined, shown);
  return <span ref={element}>{children}</span>;
}

function Marks({ alarm, say }: { readonly alarm: AlarmView; readonly say: PageProps['say'] }) {
  return (
    <Space size={4}>
      {alarm.drill ? <Tag color="magenta">{say('drill')}</Tag> : null}
      {alarm.test ? <Tag color="magenta">{say('test')}</Tag> : null}
      {alarm.historical ? <Tag>{say('historical')}</Tag> : null}
      {alarm.verification ? <Tag color="volcano">{say('verified')}</Tag> : null}
      {alarm.swinger ? <Tag>{say('swinger')}</Tag> : null}
      {alarm.withheld ? <Tag>{say('withheld')}</Tag> : null}
      {alarm.restoredAt ? <Tag>{say('restored')}</Tag> : null}
      {alarm.escalated === undefined ? null : <Tag color="red">▲ {say('escalated', { level: alarm.escalated })}</Tag>}
    </Space>
  );
}

/** One hop: when, what, by which way, with what proof. Times since it was stored, as that is the promise to the panel. */
function Rung({ receipt, storedAt, say }: { readonly receipt: ReceiptView; readonly storedAt: number; readonly say: PageProps['say'] }) {
  const { hop, at, path, screen, proof, trust } = receipt;
  const since = at - storedAt;
  return (
    <>
      {momentText(at)}.{String(at % 1_000).padStart(3, '0')} <strong>{say(hop)}</strong> {path} {screen ? say(screen) : ''}
      <span className="quiet">
        {' '}
        {proof} {trust && trust !== 'ok' ? say('clockNotTrusted') : ''} {since > 0 ? say('sinceStored', { ms: since }) : ''}
      </span>
    </>
  );
}

function Owed({ delivery, say }: { readonly delivery: DeliveryStatus; readonly say: PageProps['say'] }) {
  const { uplink, state, attempts, reason, nextTryAt, coveredBy } = delivery;
  if (coveredBy !== undefined) return `${uplink} ${say('coveredBy', { name: coveredBy })}`;
  return (
    <>
      <strong>{say(state === 'refused' ? 'refused' : 'undelivered')}</strong> {uplink} {say('tries', { n: attempts })}
      <span className="quiet">
        {' '}
        {reason} {nextTryAt === undefined ? '' : say('nextTry', { at: momentText(nextTryAt) })}
      </span>
    </>
  );
}

function Ladder({ alarm, say }: { readonly alarm: AlarmView; readonly say: PageProps['say'] }) {
  return (
    <>
      <h3>{say('receipts')}</h3>
      <p className="quiet">{say('dispatchHelp')}</p>
      <Timeline
        items={[
          ...[...alarm.receipts]
            .sort((a, b) => a.at - b.at)
            .map((receipt) => ({
              key: `${receipt.hop} ${receipt.by ?? ''}`,
              color: receipt.hop === 'accepted' ? 'green' : 'blue',
              content: <Rung receipt={receipt} storedAt={Date.parse(alarm.journalledAt)} say={say} />,
            })),
          ...alarm.deliveries
            .filter(({ state, coveredBy }) => state !== 'accepted' || coveredBy !== undefined)
            .map((delivery) => ({
              key: delivery.uplink,
              color: delivery.coveredBy === undefined ? 'red' : 'gray',
              content: <Owed delivery={delivery} say={say} />,
            })),
        ]}
      />
      <p className="quiet">{alarm.id}</p>
    </>
  );
}
