/** What stands on the page, in both languages. */
import type { Language, Words } from '../../../../gateway/domain/words.ts';

const words = {
  title: { zh: 'GB/T 28181 平台模拟器', en: 'GB/T 28181 platform simulator' },
  warning: { zh: '测试用平台：没有人在看这里的报警。', en: 'A platform for tests: nobody watches the alarms here.' },
  devices: { zh: '设备', en: 'Devices' },
  noDevices: {
    zh: '还没有设备注册。请在网关里填写页首的平台编码、域、地址和端口；密码在启动本模拟器的终端里。',
    en: 'No device has registered yet. Enter code, domain, address and port as above in the gateway; the password stands in the terminal where this simulator was started.',
  },
  online: { zh: '在线', en: 'online' },
  offline: { zh: '离线', en: 'offline' },
  code: { zh: '编码', en: 'Code' },
  name: { zh: '名称', en: 'Name' },
  address: { zh: '地址', en: 'Address' },
  domain: { zh: '域', en: 'Domain' },
  edition: { zh: '版本', en: 'Edition' },
  registeredAt: { zh: '注册时间', en: 'Registered' },
  keepalives: { zh: '心跳', en: 'Keepalives' },
  subscriptions: { zh: '订阅', en: 'Subscriptions' },
  catalogue: { zh: '目录', en: 'Catalogue' },
  noCatalogue: { zh: '还没有目录。', en: 'No catalogue yet.' },
  askCatalogue: { zh: '重新查询目录', en: 'Ask for the catalogue' },
  guard: { zh: '布防', en: 'Arm' },
  unguard: { zh: '撤防', en: 'Disarm' },
  resetAlarm: { zh: '报警复位', en: 'Reset alarm' },
  play: { zh: '播放', en: 'Play' },
  plays: { zh: '正在播放', en: 'Plays' },
  noPlays: { zh: '没有播放。', en: 'Nothing is played.' },
  hangUp: { zh: '挂断', en: 'Hang up' },
  stop: { zh: '停', en: 'Stop' },
  transport: { zh: '点播传输', en: 'Play over' },
  stream: { zh: '点播码流', en: 'Stream to play' },
  anyStream: { zh: '不指定', en: 'unspecified' },
  mainStream: { zh: '主', en: 'main' },
  subStream: { zh: '子', en: 'sub' },
  firstPacket: { zh: '首包', en: 'first packet' },
  firstPicture: { zh: '首个关键帧', en: 'first keyframe' },
  frames: { zh: '帧', en: 'frames' },
  keyframes: { zh: '关键帧', en: 'keyframes' },
  packets: { zh: '包', en: 'packets' },
  lost: { zh: '丢失', en: 'lost' },
  violations: { zh: '违规', en: 'violations' },
  none: { zh: '无', en: 'none' },
  watch: { zh: '用 ffplay 观看', en: 'Watch it with ffplay' },
  alarms: { zh: '报警', en: 'Alarms' },
  noAlarms: { zh: '没有报警。', en: 'No alarms.' },
  arrived: { zh: '到达', en: 'Arrived' },
  occurred: { zh: '发生', en: 'Occurred' },
  priority: { zh: '级别', en: 'Priority' },
  method: { zh: '方式/类型', en: 'Method/type' },
  description: { zh: '描述', en: 'Description' },
  repeat: { zh: '重复', en: 'repeat' },
  complaints: { zh: '设备的不合规之处', en: 'What devices did wrong' },
  noComplaints: { zh: '没有发现问题。', en: 'Nothing was found.' },
  messages: { zh: '最近的报文', en: 'Last messages' },
  noMessages: { zh: '还没有报文。', en: 'No messages yet.' },
  misbehaviour: { zh: '平台故障', en: 'Misbehaviour' },
  behavesWell: { zh: '平台表现正常。', en: 'The platform behaves well.' },
  apply: { zh: '应用', en: 'Apply' },
  language: { zh: 'English', en: '中文' },
  signIn: { zh: '请使用启动时打印的完整网址。', en: 'Use the whole address that was printed at the start.' },
} satisfies Readonly<Record<string, Words>>;

export type PageWord = keyof typeof words;
export type Say = (word: PageWord) => string;

export const sayIn =
  (language: Language): Say =>
  (word) =>
    words[word][language];
