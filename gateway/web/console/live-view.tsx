/** One camera, large. */
import { Empty, Segmented, Select, Space, Switch } from 'antd';
import { useState } from 'react';
import { openPlayerPage, PlayerPage } from '../player/use-player.ts';
import { StateMark } from '../shared/state-mark.tsx';
import { Tile } from '../shared/tile.tsx';
import type { PageProps } from './console.tsx';

type Stream = 'auto' | 'main' | 'sub';

export function LiveView({ school, say, language }: PageProps) {
  const [parts] = useState(openPlayerPage);
  const [chosen, setChosen] = useState<string>();
  const [profile, setProfile] = useState<Stream>('auto');
  const [figures, setFigures] = useState(false);
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
        <Segmented<Stream>
          value={profile}
          onChange={setProfile}
          options={[
            { value: 'auto', label: say('streamAuto') },
            { value: 'main', label: say('streamMain') },
            { value: 'sub', label: say('streamSub') },
          ]}
        />
        <Switch
          checked={figures}
          onChange={setFigures}
          checkedChildren={say('figures')}
          unCheckedChildren={say('figures')}
          aria-label={say('figures')}
        />
        <StateMark state={channel.state} say={say} /> {channel.reason?.[language]}
      </Space>
      <div className="single">
        <PlayerPage value={parts}>
          <Tile key={channel.id} channel={channel} profile={profile} few say={say} language={language} figures={figures} />
        </PlayerPage>
      </div>
    </div>
  );
}
