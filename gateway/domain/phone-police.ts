/** What the school must do itself when an alarm does not arrive, and what to say on the phone (ui.md, ALARM_UNDELIVERED). */
import { titleOf } from './alarm-types.ts';
import type { Inventory } from './campus.ts';
import type { UndeliveredAlarm } from './delivery.ts';
import type { Words } from './words.ts';

export const policeNumber = '110';

export const phoneWords: Words = {
  zh: `报警尚未送达警务平台，请立即拨打 ${policeNumber}。`,
  en: `Alarm has NOT reached the police platform. Phone ${policeNumber} now.`,
};

/** To read out: who, where, what, when in the school's own time. */
export function phoneScript({ event }: UndeliveredAlarm, { campus, places }: Pick<Inventory, 'campus' | 'places'>): Words {
  const title = titleOf(event.type);
  const where = [places.find(({ id }) => id === event.place)?.name, event.zoneName].filter((part) => part !== undefined).join(' ');
  const at = event.clockTrust === 'ok' && event.occurredAt !== undefined ? event.occurredAt : event.receivedAt;
  const time = new Intl.DateTimeFormat('zh-CN', { timeZone: campus.timeZone, timeStyle: 'medium' }).format(at);
  return {
    zh: `这里是${campus.name}，地址：${campus.address}。${time}，${where} 发生${title.zh}。`,
    en: `This is ${campus.name}, at ${campus.address}. At ${time}, ${where}: ${title.en}.`,
  };
}
