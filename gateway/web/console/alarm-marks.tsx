/** What sets an alarm apart, as tags: in the list and on its card. */
import { Space, Tag } from 'antd';
import type { AlarmView } from '../../domain/api.ts';
import type { Say } from '../shared/texts.ts';

export const badgeColour = { local: 'default', waiting: 'red', refused: 'orange', delivered: 'green' } as const;

export function AlarmMarks({ alarm, say }: { readonly alarm: AlarmView; readonly say: Say }) {
  return (
    <Space size={4} wrap>
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
