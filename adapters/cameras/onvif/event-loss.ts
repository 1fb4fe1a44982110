/** Why the events of a camera are not heard, in words for whoever looks after the box. */
import type { Words } from '../../../gateway/domain/words.ts';
import { DeviceFailure, type DeviceFailureReason } from '../../protocols/soap/failure.ts';

interface EventLoss {
  readonly why: Words;
  /** It refused the account: it is not to be asked again soon, as cameras lock accounts. */
  readonly refused: boolean;
}

const zhByReason: Readonly<Record<DeviceFailureReason, string>> = {
  unreachable: '摄像机不再应答事件订阅。',
  credentials: '摄像机不允许此账号接收事件。',
  reply: '摄像机的事件应答无法理解。',
  fault: '摄像机拒绝或结束了事件订阅。',
  'forbidden-host': '摄像机把事件订阅引向另一台主机。',
  certificate: '事件服务的证书不正确。',
};

/** It took the subscription and says nothing at all, not even when asked. */
export const muteCamera: Words = {
  zh: '摄像机接受了事件订阅，但询问状态时没有任何应答。请触发一次事件，确认能收到。',
  en: 'The camera takes the subscription to its events but tells nothing, not even its states when asked. Trigger an event once, to see that it arrives.',
};

export const noEventService: Words = { zh: '摄像机没有事件服务。', en: 'The camera has no event service.' };

export function lossOfEvents(failure: unknown): EventLoss {
  if (!(failure instanceof DeviceFailure)) return { why: { zh: '事件接收出错。', en: 'Its events could not be received.' }, refused: false };
  return { why: { zh: zhByReason[failure.reason], en: `The camera ${failure.message}` }, refused: failure.reason === 'credentials' };
}
