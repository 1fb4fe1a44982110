/** Which alarms a platform wants, in a subscription or a query (GB/T 28181-2022 A.2.4.5). Pure. */
import type { ManscdpMessage } from '../../protocols/manscdp/message.ts';

type AlarmQuery = Extract<ManscdpMessage, { readonly root: 'Query'; readonly cmdType: 'Alarm' }>['content'];
export type AlarmContent = Extract<ManscdpMessage, { readonly root: 'Notify'; readonly cmdType: 'Alarm' }>['content'];

/** 0 stands for all, of priorities and of methods; what is not said is not asked for. */
export function wantsAlarm(query: AlarmQuery, alarm: AlarmContent): boolean {
  const { startAlarmPriority: from = 0, endAlarmPriority: to = 0, alarmMethods = [], alarmType, startAlarmTime, endAlarmTime } = query;
  if (from > 0 && alarm.alarmPriority < from) return false;
  if (to > 0 && alarm.alarmPriority > to) return false;
  if (alarmMethods.length > 0 && !alarmMethods.includes(0) && !alarmMethods.includes(alarm.alarmMethod)) return false;
  if (alarmType && alarmType !== '0' && !alarmType.split('/').includes(alarm.info?.alarmType ?? '')) return false;
  if (startAlarmTime !== undefined && alarm.alarmTime < startAlarmTime) return false;
  return endAlarmTime === undefined || alarm.alarmTime <= endAlarmTime;
}
