/** Every device with its state and the reason for it. */
import { Empty, Input, Segmented, Space, Table } from 'antd';
import { useState } from 'react';
import type { DeviceView } from '../../domain/api.ts';
import { StateMark } from '../shared/state-mark.tsx';
import { momentText } from '../shared/time-text.ts';
import type { PageProps } from './console.tsx';
import { DeviceCard } from './device-card.tsx';

const gravity = ['offline', 'degraded', 'unknown', 'normal', 'maintenance', 'disabled'] as const;

export function Devices(props: PageProps) {
  const { school, say, language, open } = props;
  const [wanted, setWanted] = useState('');
  const [only, setOnly] = useState<'filterAll' | 'filterTrouble'>('filterAll');
  const reasonOf = (device: DeviceView) => device.faults.map(({ sentence }) => sentence[language]).join(' ');
  const rows = school.devices
    .filter(({ state }) => only === 'filterAll' || (state !== 'normal' && state !== 'disabled'))
    .filter((device) => `${device.name} ${device.id} ${device.place ?? ''} ${reasonOf(device)}`.toLowerCase().includes(wanted.trim().toLowerCase()));

  return (
    <div className="page">
      <Space wrap className="gap">
        <Input.Search allowClear placeholder={say('search')} onChange={({ target }) => setWanted(target.value)} className="search" />
        <Segmented
          value={only}
          onChange={setOnly}
          options={[
            { value: 'filterAll', label: say('filterAll') },
            { value: 'filterTrouble', label: say('filterTrouble') },
          ]}
        />
      </Space>
      <Table<DeviceView>
        rowKey="id"
        size="middle"
        loading={!school.loaded}
        pagination={false}
        scroll={{ x: 900 }}
        dataSource={[...rows]}
        onRow={({ id }) => ({ onClick: () => open(id) })}
        rowClassName="row-link"
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={say('noDevices')} /> }}
        columns={[
          {
            title: say('state'),
            width: 120,
            sorter: (a, b) => gravity.indexOf(a.state) - gravity.indexOf(b.state),
            render: (_, { state }) => <StateMark state={state} say={say} />,
          },
          {
            title: say('deviceName'),
            sorter: (a, b) => a.name.localeCompare(b.name),
            render: (_, { id, name }) => <a href={`#devices/${encodeURIComponent(id)}`}>{name}</a>,
          },
          { title: say('kind'), width: 120, render: (_, { kind }) => say(kind) },
          { title: say('place'), dataIndex: 'place' },
          { title: say('reason'), render: (_, device) => reasonOf(device) },
          { title: say('since'), width: 180, render: (_, { since }) => momentText(since) },
          { title: say('provenAt'), width: 180, render: (_, { provenAt }) => (provenAt ? momentText(provenAt) : say('never')) },
          { title: say('model'), dataIndex: 'model' },
        ]}
      />
      <DeviceCard {...props} />
    </div>
  );
}
