/** One camera, large. */
import { Empty, Segmented, Select, Space } from 'antd';
import { useState } from 'react';
import { StateMark } from '../shared/state-mark.tsx';
import { Tile } from '../shared/tile.tsx';
import type { PageProps } from './console.tsx';

export function LiveView({ school, say, language }: PageProps) {
  const [chosen, setChosen] = useState<string>();
  const [profile, setProfile] = useState<'main' | 'sub'>('main');
  const channel = school.channels.find(({ id }) => id === chosen) ?? school.channels[0];
  if (!channel) return <Empty description={say('noDevices')} />;
  return (
    <div className="page">
      <Space wrap className="gap">
        <Select
          value={channel.id}
          onChange={setChosen}
          className="search"
          options={school.channels.map(({ id, number, name }) => ({ value: id, label: `${number} ${name}` }))}
        />
        <Segmented value={profile} onChange={setProfile} options={['main', 'sub']} />
        <StateMark state={channel.state} say={say} /> {channel.reason?.[language]}
      </Space>
      <div className="single">
        <Tile key={`${channel.id} ${profile}`} channel={channel} profile={profile} say={say} />
      </div>
    </div>
  );
}
