/** Alarms, newest first, each with the ladder of its receipts. */
import { Button, Drawer, Empty, Space, Table, Tag, Timeline } from 'antd';
import { useState } from 'react';
import type { AlarmView } from '../../domain/api.ts';
import { deliveryBadge } from '../shared/delivery.ts';
import { momentText } from '../shared/time-text.ts';
import type { PageProps } from './console.tsx';

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
              <>
                <span className={alarm.acknowledgedAt ? 'alarm-mark' : 'alarm-mark alarm-new'}>◆</span> {alarm.title[language]}{' '}
                <Marks alarm={alarm} say={say} />
              </>
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
            title: '',
            width: 140,
            render: (_, alarm) =>
              alarm.acknowledgedAt ? (
                say('acknowledged')
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
        {open ? <Ladder alarm={open} say={say} /> : null}
      </Drawer>
    </div>
  );
}

function Marks({ alarm, say }: { readonly alarm: AlarmView; readonly say: PageProps['say'] }) {
  return (
    <Space size={4}>
      {alarm.drill ? <Tag color="magenta">{say('drill')}</Tag> : null}
      {alarm.test ? <Tag color="magenta">{say('test')}</Tag> : null}
      {alarm.historical ? <Tag>{say('historical')}</Tag> : null}
      {alarm.restoredAt ? <Tag>{say('restored')}</Tag> : null}
    </Space>
  );
}

function Ladder({ alarm, say }: { readonly alarm: AlarmView; readonly say: PageProps['say'] }) {
  return (
    <>
      <p>
        {alarm.panelName} / {alarm.zoneName} {alarm.place ? `· ${alarm.place}` : ''}
      </p>
      {alarm.acknowledgedAt ? <p>{say('acknowledgedBy', { by: alarm.acknowledgedBy ?? '', at: momentText(alarm.acknowledgedAt) })}</p> : null}
      <h3>{say('receipts')}</h3>
      <p className="quiet">{say('dispatchHelp')}</p>
      <Timeline
        items={[...alarm.receipts]
          .sort((a, b) => a.at - b.at)
          .map((receipt) => ({
            key: `${receipt.hop} ${receipt.by ?? ''}`,
            content: `${momentText(receipt.at)}.${String(receipt.at % 1_000).padStart(3, '0')} ${say(receipt.hop)} ${receipt.by ?? ''} ${receipt.proof ?? ''}`,
          }))}
      />
      {alarm.deliveries
        .filter(({ state }) => state !== 'accepted')
        .map((delivery) => (
          <p key={delivery.uplink}>
            {delivery.uplink}: {say(delivery.state === 'refused' ? 'refused' : 'undelivered')} ({delivery.attempts}) {delivery.reason}
          </p>
        ))}
      <p className="quiet">{alarm.id}</p>
    </>
  );
}
