/** Alarms, newest first; one that is opened shows its incident. */
import { Button, Empty, Table, Tag } from 'antd';
import { type ReactNode, useRef } from 'react';
import type { AlarmView } from '../../domain/api.ts';
import { deliveryBadge } from '../shared/delivery.ts';
import { momentText } from '../shared/time-text.ts';
import { usePainted } from '../shared/use-painted.ts';
import { StateTag } from './alarm-life.tsx';
import { AlarmMarks, badgeColour } from './alarm-marks.tsx';
import type { PageProps } from './console.tsx';
import { IncidentCard } from './incident-card.tsx';

export function Alarms(props: PageProps) {
  const { school, say, language, may, open } = props;
  const counts = new Map<string, number>();
  for (const { incident = '' } of school.alarms) counts.set(incident, (counts.get(incident) ?? 0) + 1);
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
        onRow={({ id }) => ({ onClick: () => open(id) })}
        rowClassName={(alarm) => (alarm.acknowledgedAt ? 'row-link' : 'row-link row-new')}
        columns={[
          {
            title: say('alarmType'),
            render: (_, alarm) => (
              <Painted alarm={alarm} shown={school.shown}>
                <span aria-hidden="true" className={alarm.acknowledgedAt ? 'alarm-mark' : 'alarm-mark alarm-new'}>
                  ◆
                </span>{' '}
                <a href={`#alarms/${alarm.id}`}>{alarm.title[language]}</a> <AlarmMarks alarm={alarm} say={say} />
                {alarm.incident !== undefined && (counts.get(alarm.incident) ?? 0) > 1 ? (
                  <Tag>{say('incidentCount', { n: counts.get(alarm.incident) ?? 0 })}</Tag>
                ) : null}
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
              alarm.acknowledgedAt || !may('POST /api/v1/alarms/:id/acknowledgement') ? (
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
      <IncidentCard {...props} />
    </div>
  );
}

/** An old alarm that somebody looks up is not shown anew. */
function Painted({ alarm, shown, children }: { readonly alarm: AlarmView; readonly children: ReactNode; shown(alarm: string): void }) {
  const element = useRef<HTMLSpanElement>(null);
  usePainted(element, alarm.acknowledgedAt === undefined ? alarm.id : undefined, shown);
  return <span ref={element}>{children}</span>;
}
