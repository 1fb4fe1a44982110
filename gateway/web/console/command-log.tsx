/** The latest commands of a panel: who, what, why, how long it was valid, and what became of it. */
import { Table, Tag } from 'antd';
import type { CommandView, PanelZoneView } from '../../domain/desk-api.ts';
import type { Language, Say } from '../shared/texts.ts';
import { momentText } from '../shared/time-text.ts';
import { commandTitle } from './command-form.tsx';

export const outcomeColour = { accepted: 'green', refused: 'orange', unknown: 'gold', 'not-sent': 'default' } as const;
/** ms after it has expired: then nobody will tell any more. */
const patience = 5_000;

interface CommandLogProps {
  readonly commands: readonly CommandView[];
  readonly zones: readonly PanelZoneView[];
  /** The gateway's clock, epoch ms. */
  readonly now: number;
  readonly say: Say;
  readonly language: Language;
}

export function CommandLog({ commands, zones, now, say, language }: CommandLogProps) {
  const nameOf = (zone: string) => zones.find(({ id }) => id === zone)?.name ?? zone;
  return (
    <div data-testid="command-log">
      <Table<CommandView>
        rowKey="id"
        size="small"
        pagination={false}
        scroll={{ x: 760 }}
        dataSource={[...commands]}
        locale={{ emptyText: say('commandLogNone') }}
        columns={[
          { title: say('time'), width: 170, render: (_, { at }) => momentText(at) },
          {
            title: say('panelDesk'),
            render: (_, { op, on, zone, mode, partition, at, expires }) => (
              <>
                {op === 'received'
                  ? ''
                  : commandTitle(
                      { op, ...(on === undefined ? {} : { on }), ...(zone === undefined ? {} : { zone: { id: zone, name: nameOf(zone) } }) },
                      say,
                    )}
                {mode === 'home' || mode === 'night' || mode === 'away' ? ` · ${say(`mode.${mode}`)}` : ''}
                {partition === undefined ? '' : ` · ${say('partition')} ${partition}`}
                <div className="quiet">{say('validSeconds', { n: Math.round((Date.parse(expires) - Date.parse(at)) / 1_000) })}</div>
              </>
            ),
          },
          { title: say('orderedBy'), width: 120, render: (_, { by }) => by ?? say('gateway') },
          { title: say('commandReason'), dataIndex: 'reason' },
          {
            title: say('result'),
            render: (_, { result, expires }) => {
              if (result) {
                return (
                  <>
                    <Tag color={outcomeColour[result.outcome]}>{say(`outcome.${result.outcome}`)}</Tag>
                    <div className="quiet">{result.words[language]}</div>
                  </>
                );
              }
              if (now < Date.parse(expires) + patience) return <Tag color="blue">{say('outcome.open')}</Tag>;
              return (
                <>
                  <Tag color="gold">{say('outcome.unknown')}</Tag>
                  <div className="quiet">{say('outcomeLost')}</div>
                </>
              );
            },
          },
        ]}
      />
    </div>
  );
}
