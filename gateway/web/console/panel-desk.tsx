/** What a panel can be told, how it stands, and what became of what it was told. Nothing counts as done without a proof. */
import { Button, Space, Table, Tag } from 'antd';
import { useState } from 'react';
import type { PanelDeskView, PanelZoneView } from '../../domain/desk-api.ts';
import { api } from '../shared/api.ts';
import { momentText } from '../shared/time-text.ts';
import { useAsked } from '../shared/use-asked.ts';
import { AskedState } from './asked-state.tsx';
import { type Command, CommandForm, commandTitle, isDangerous } from './command-form.tsx';
import { CommandLog } from './command-log.tsx';
import type { PageProps } from './console.tsx';
import { SiteRules } from './site-rules.tsx';

const again = 5_000;
const ofPanel: readonly Command[] = [
  { op: 'arm' },
  { op: 'disarm' },
  { op: 'reset' },
  { op: 'siren', on: true },
  { op: 'siren', on: false },
  { op: 'sync' },
];
const modes = ['away', 'home', 'night', 'disarmed'] as const;

type Props = Pick<PageProps, 'school' | 'say' | 'language' | 'may'> & { readonly panel: string };

export function PanelDesk({ panel, school, say, language, may }: Props) {
  const asked = useAsked(
    () => api.panelDesk(panel),
    () => again,
  );
  const [asking, setAsking] = useState<{ readonly command: Command; readonly round: number; readonly open: boolean }>();
  const tell = (command: Command) => setAsking((before) => ({ command, round: (before?.round ?? 0) + 1, open: true }));
  const { answer: desk } = asked;
  const mayTell = ({ op }: Command) => may(`POST /api/v1/panels/:id/commands/${op}`);
  if (!desk) return <AskedState asked={asked} say={say} language={language} />;
  const offered = ofPanel.filter(({ op }) => desk.orders.includes(op));
  return (
    <section aria-label={say('panelDesk')} data-testid="panel-desk">
      <h3>{say('panelDesk')}</h3>
      <AskedState asked={asked} say={say} language={language} />
      <PanelState desk={desk} say={say} />
      <Space wrap>
        {offered.map((command) => (
          <Button key={commandTitle(command, say)} danger={isDangerous(command)} disabled={!mayTell(command)} onClick={() => tell(command)}>
            {commandTitle(command, say)}
          </Button>
        ))}
      </Space>
      {offered.length === 0 ? <p className="quiet">{say('commandsNone')}</p> : null}
      {offered.every(mayTell) ? null : <p className="quiet">{say('commandsNotYours')}</p>}
      <h3>{say('zone')}</h3>
      <Zones desk={desk} say={say} tell={tell} mayTell={mayTell} />
      <h3>{say('commandLog')}</h3>
      <CommandLog commands={desk.commands} zones={desk.zones} now={school.gatewayNow} say={say} language={language} />
      {may('PUT /api/v1/rules/:id') ? <SiteRules panel={panel} zones={desk.zones} say={say} language={language} /> : null}
      {asking ? (
        <CommandForm
          key={asking.round}
          {...{ panel, say, language }}
          command={asking.command}
          open={asking.open}
          partitions={Object.keys(desk.armed)}
          told={asked.again}
          close={() => setAsking({ ...asking, open: false })}
        />
      ) : null}
    </section>
  );
}

function PanelState({ desk: { session, heardAt, armed }, say }: { readonly desk: PanelDeskView; readonly say: PageProps['say'] }) {
  const partitions = Object.entries(armed);
  return (
    <dl className="facts gap">
      <div>
        <dt>{say('session')}</dt>
        <dd>{say(`session.${session}`)}</dd>
      </div>
      <div>
        <dt>{say('heardAt')}</dt>
        <dd>{heardAt === undefined ? say('never') : momentText(heardAt)}</dd>
      </div>
      <div>
        <dt>{say('armedNow')}</dt>
        <dd data-testid="armed">
          {partitions.length === 0 ? say('armedUnknown') : null}
          {partitions.map(([partition, mode]) => {
            const known = modes.find((one) => one === mode);
            return (
              <Tag key={partition}>
                {say('partition')} {partition}: {known ? say(`mode.${known}`) : mode}
              </Tag>
            );
          })}
        </dd>
      </div>
    </dl>
  );
}

interface ZonesProps {
  readonly desk: PanelDeskView;
  readonly say: PageProps['say'];
  tell(command: Command): void;
  mayTell(command: Command): boolean;
}

function Zones({ desk: { zones, orders }, say, tell, mayTell }: ZonesProps) {
  return (
    <Table<PanelZoneView>
      rowKey="id"
      size="small"
      pagination={false}
      scroll={{ x: 560 }}
      dataSource={[...zones]}
      locale={{ emptyText: say('zonesNone') }}
      columns={[
        { title: say('zone'), render: (_, { id, name }) => `${id} ${name}` },
        { title: say('place'), dataIndex: 'place' },
        {
          title: say('zoneService'),
          render: (_, { bypassed, always }) =>
            bypassed ? (
              <Tag color="orange">▲ {say('zoneBypassed')}</Tag>
            ) : (
              <span className="quiet">{say(always ? 'zoneAlways' : 'zoneInService')}</span>
            ),
        },
        {
          title: '',
          width: 140,
          render: (_, { id, name, bypassed, always }) => {
            const op = bypassed ? 'unbypass' : 'bypass';
            const command: Command = { op, zone: { id, name } };
            if (!orders.includes(op) || (always && !bypassed)) return null;
            return (
              <Button
                size="small"
                danger={!bypassed}
                disabled={!mayTell(command)}
                aria-label={commandTitle(command, say)}
                onClick={() => tell(command)}
              >
                {say(`op.${op}`)}
              </Button>
            );
          },
        },
      ]}
    />
  );
}
