/** Platforms that call oddly, hang up oddly, or take alarms oddly (gb28181 §5, §7 quirks 16–22, 31, 41). */
import type { SipMessage } from '../../../../adapters/protocols/sip/message.ts';
import { isRequest, lost, type Misbehaviour, withBody } from './misbehaviour.ts';

const offered = (message: SipMessage, change: (body: string) => string) =>
  isRequest(message, 'INVITE') ? [{ message: withBody(message, change) }] : undefined;

const isAlarmResponse = (message: SipMessage) =>
  isRequest(message, 'MESSAGE') && /<Response>\s*<CmdType>Alarm</.test(Buffer.from(message.body).toString('latin1'));

export const liveMisbehaviours: readonly Misbehaviour[] = [
  {
    name: 'lost-ack',
    says: { zh: '从不发送 ACK。', en: 'Never sends its ACK.' },
    sends: (message) => (isRequest(message, 'ACK') ? lost : undefined),
  },
  {
    name: 'some-acks-lost',
    says: { zh: '一半 ACK 丢失，靠 200 重发补救。', en: 'Loses half of its ACKs: the repeated 200 gets another.' },
    sends: (message, dice) => (isRequest(message, 'ACK') && dice.roll() < 0.5 ? lost : undefined),
  },
  {
    name: 'late-ack',
    says: { zh: 'ACK 迟到 1–3 秒。', en: 'Sends its ACK 1 to 3 seconds late.' },
    sends: (message, dice) => (isRequest(message, 'ACK') ? [{ message, after: dice.between(1_000, 3_000) }] : undefined),
  },
  {
    name: 'ack-elsewhere',
    says: { zh: 'ACK 的请求 URI 与 Contact 无关（WVP）。', en: 'Sends its ACK to a URI that has nothing to do with Contact, as WVP does.' },
    sends: (message) => (isRequest(message, 'ACK') ? [{ message: { ...message, uri: message.uri.replace(/@.*$/, '@3402000000') } }] : undefined),
  },
  {
    name: 'lost-bye',
    says: { zh: 'BYE 从未到达：画面关了，设备不知道。', en: 'Hangs up, and its BYE never arrives.' },
    sends: (message) => (isRequest(message, 'BYE') ? lost : undefined),
  },
  {
    name: 'cancel-race',
    says: { zh: '点播后 0–60 毫秒就取消。', en: 'Cancels 0 to 60 milliseconds after its INVITE.' },
    cancelAfter: (dice) => dice.between(0, 60),
  },
  {
    name: 'late-cancel',
    says: { zh: '点播后 60–800 毫秒取消，多半已经太迟。', en: 'Cancels 60 to 800 milliseconds after its INVITE, mostly too late.' },
    cancelAfter: (dice) => dice.between(60, 800),
  },
  {
    name: 'no-ssrc',
    says: { zh: '点播不带 y=，由设备选 SSRC。', en: 'Offers no y=: the device is to choose the SSRC.' },
    offersSsrc: false,
  },
  {
    name: 'no-setup',
    says: { zh: 'TCP 点播不带 a=setup（SRS）。', en: 'Offers TCP without a=setup, as SRS does.' },
    sends: (message) => offered(message, (body) => body.replace(/^a=setup:passive\r\na=connection:new\r\n/m, '')),
  },
  {
    name: 'many-formats',
    says: { zh: '点播列出一长串载荷类型和私有属性（WVP senior-sdp）。', en: 'Offers a long list of payload types and private attributes.' },
    sends: (message) =>
      offered(message, (body) =>
        body
          .replace(/^(m=video \d+ \S+) .*$/m, '$1 96 126 125 99 34 98 97')
          .replace(
            /^(a=rtpmap:96 .*\r\n)/m,
            '$1a=fmtp:126 profile-level-id=42e01e\r\na=rtpmap:126 H264/90000\r\na=stream:0\r\na=username:police\r\n',
          ),
      ),
  },
  {
    name: 'blank-format',
    says: { zh: '点播带空的 f= 且 y= 前有空格。', en: 'Offers an empty f= and blanks in y=.' },
    sends: (message) => offered(message, (body) => body.replace(/^y=(.*)\r\n/m, 'y= $1 \r\nf=v/////a///\r\n')),
  },
  {
    name: 'bare-line-ends',
    says: { zh: 'SDP 只用 LF 换行。', en: 'Ends the lines of its SDP with LF alone.' },
    sends: (message) => offered(message, (body) => body.replaceAll('\r\n', '\n')),
  },
  {
    name: 'reinvite',
    says: { zh: '在已有对话里再发一次 INVITE。', en: 'Sends another INVITE in each dialog.' },
    strikes: (struck) => struck.reinvite(),
  },
  {
    name: 'alarm-without-response',
    says: { zh: '收到报警只回 SIP 200，不发业务应答（WVP）。', en: 'Answers alarms with SIP 200 alone and no Response, as WVP does.' },
    alarmResult: 'none',
  },
  {
    name: 'alarm-error',
    says: { zh: '报警的业务应答为 ERROR。', en: 'Answers every alarm with a Response of ERROR.' },
    alarmResult: 'ERROR',
  },
  {
    name: 'alarm-late-response',
    says: { zh: '报警的业务应答在 SIP 200 之后 0.2–2 秒才到。', en: 'Sends its Response to an alarm 0.2 to 2 seconds after the SIP 200.' },
    sends: (message, dice) => (isAlarmResponse(message) ? [{ message, after: dice.between(200, 2_000) }] : undefined),
  },
  {
    name: 'alarm-lost-response',
    says: { zh: '报警的业务应答有一半丢失。', en: 'Loses half of its Responses to alarms.' },
    sends: (message, dice) => (isAlarmResponse(message) && dice.roll() < 0.5 ? lost : undefined),
  },
  {
    name: 'alarm-not-kept',
    says: {
      zh: '收到报警回 SIP 200 和业务应答，却没有存下来（WVP 先应答后入库）。',
      en: 'Answers alarms with SIP 200 and a Response, and has none of them afterwards, as WVP which answers before it stores.',
    },
    keepsAlarms: false,
  },
  {
    name: 'messages-refused',
    says: { zh: '对 MESSAGE 一律 503。', en: 'Answers every MESSAGE with 503.' },
    refusesMessages: 503,
  },
];
