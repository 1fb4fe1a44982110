/** Alarms of the past, as the journal has them and as they were told when they happened. */
import type { DomainEvent } from '../../../../gateway/domain/event.ts';
import type { JournalReader } from '../../../../gateway/domain/ports.ts';
import type { ManscdpMessage } from '../../../protocols/manscdp/message.ts';
import { wantsAlarm } from '../alarm-filter.ts';
import type { AlarmNotice } from '../alarms/notice.ts';

type AlarmQuery = Extract<ManscdpMessage, { readonly root: 'Query'; readonly cmdType: 'Alarm' }>;

/** An event of the journal as this platform is told of alarms; undefined: not one of those. */
export type Notice = (event: DomainEvent, position: number) => AlarmNotice | undefined;

/** Answers to one query, the newest; and alarms that are looked at for them. */
const mostAnswers = 100;
const mostLookedAt = 2_000;
const page = 200;

/** The oldest first. `isDevice`: asked of the whole gateway, not of one zone or camera. */
export function alarmHistory(
  { deviceId, content }: AlarmQuery,
  { isDevice, journal, notice }: { readonly isDevice: boolean; readonly journal: Pick<JournalReader, 'alarms'>; readonly notice: Notice },
): readonly AlarmNotice[] {
  const found: AlarmNotice[] = [];
  let before: number | undefined;
  for (let looked = 0; looked < mostLookedAt; looked += page) {
    const alarms = journal.alarms({ limit: page, ...(before === undefined ? {} : { before }) });
    for (const { event, position } of alarms) {
      const told = notice(event, position);
      if (told && (isDevice || told.deviceId === deviceId) && wantsAlarm(content, told.content)) found.push(told);
      if (found.length === mostAnswers) return found.reverse();
    }
    before = alarms.at(-1)?.position;
    if (alarms.length < page) break;
  }
  return found.reverse();
}
