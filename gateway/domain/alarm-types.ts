/**
 * The normalisation table (alarm-panels §2.3): our canonical types with severity and words, and the Contact ID (SIA DC-05) and SIA (DC-03)
 * codes that lead to them. Codes that are not in it become `unknown.<code>`, severity 2: delivered, never dropped. What a site wants
 * otherwise is laid over it (site-rules.ts). Which type goes to GB/T 28181 as what is that uplink's own table.
 */
import { type AlarmType, overtakes, type Severity } from './alarm.ts';
import type { Words } from './words.ts';

export interface AlarmTypeRow {
  readonly type: AlarmType;
  readonly severity: Severity;
  readonly title: Words;
  /** Three-digit event codes; empty where no panel code leads here. The first is the one to send. */
  readonly contactId: readonly string[];
  /** Two-letter codes that raise and that restore; several rows may claim one (`typeOfSia` decides). The first is the one to send. */
  readonly sia: { readonly raise: readonly string[]; readonly restore: readonly string[] };
}

const listed = (codes: string) => (codes === '' ? [] : codes.split(' '));

function row(type: AlarmType, severity: Severity, zh: string, en: string, contactId = '', raise = '', restore = ''): AlarmTypeRow {
  return { type, severity, title: { zh, en }, contactId: listed(contactId), sia: { raise: listed(raise), restore: listed(restore) } };
}

/** Grows with every change of what a code means or how grave it is: events name it (`source.mapperVersion`). */
export const normalisationVersion = 2;

export const alarmTypes: readonly AlarmTypeRow[] = [
  row('panic.audible', 1, '有声紧急报警', 'Audible panic alarm', '120 123', 'PA', 'PH'),
  row('panic.silent', 1, '无声紧急报警', 'Silent panic alarm', '122', 'HA', 'HH'),
  row('panic.duress', 1, '胁迫报警', 'Duress alarm', '121 124 125', 'HA', 'HH'),
  row('holdup.verified', 1, '已复核的劫持报警', 'Verified hold-up alarm', '129', 'HV'),
  row('emergency.personal', 1, '个人求助', 'Personal emergency', '101', 'QA', 'QH'),
  row('medical', 2, '医疗求助', 'Medical alarm', '100 102', 'MA', 'MH'),
  // 112 (combustion) is not in §2.3, but a fire code must not arrive as an unknown of severity 2.
  row('fire.smoke', 1, '火警（烟感）', 'Fire: smoke', '110 111 112', 'FA', 'FH'),
  row('fire.heat', 1, '火警（温感）', 'Fire: heat', '114', 'KA', 'KH'),
  row('fire.pullstation', 1, '火警（手动报警按钮）', 'Fire: pull station', '115', 'FA', 'FH'),
  row('fire.waterflow', 1, '火警（水流指示）', 'Fire: sprinkler water flow', '113', 'WA SA', 'WH SH'),
  row('fire.duct', 1, '火警（风管探测）', 'Fire: duct detector', '116', 'FA', 'FH'),
  row('fire.flame', 1, '火警（火焰探测）', 'Fire: flame', '117', 'FA', 'FH'),
  row('fire.near', 2, '火灾预警', 'Fire pre-alarm', '118', 'FA', 'FH'),
  row('gas', 1, '燃气泄漏', 'Gas leak', '151', 'GA', 'GH'),
  row('co', 1, '一氧化碳报警', 'Carbon monoxide', '162', 'GA', 'GH'),
  row('burglary', 2, '入侵报警', 'Burglary', '130', 'BA', 'BH BR'),
  row('burglary.perimeter', 2, '周界入侵', 'Perimeter burglary', '131', 'BA', 'BH'),
  row('burglary.interior', 2, '室内入侵', 'Interior burglary', '132', 'BA', 'BH'),
  row('burglary.24h', 2, '24 小时防区入侵', 'Burglary in a 24-hour zone', '133', 'BA', 'BH'),
  row('burglary.entryexit', 2, '出入口入侵', 'Entry or exit burglary', '134', 'BA', 'BH'),
  row('burglary.outdoor', 2, '室外入侵', 'Outdoor intrusion', '136', 'BA', 'BH'),
  row('burglary.verified', 1, '已复核的入侵', 'Verified burglary', '139', 'BV'),
  row('burglary.silent', 1, '无声入侵报警', 'Silent burglary alarm', '146', 'HA', 'HH'),
  row('burglary.near', 3, '入侵预警', 'Burglary near-alarm', '138', 'BA', 'BH'),
  row('tamper.sensor', 2, '探测器防拆', 'Sensor tamper', '137 144 383', 'TA', 'TR'),
  row('tamper.module', 2, '模块防拆', 'Module tamper', '145 341', 'TA ES', 'TR EJ'),
  row('tamper.panel', 2, '报警主机防拆', 'Panel tamper', '', 'TA', 'TR'),
  row('intrusion.general', 2, '一般报警', 'General alarm', '140', 'BA', 'BH'),
  row('sensor.supervision', 3, '探测器失联', 'Sensor not heard', '147 381', 'YC US', 'YK'),
  row('rf.jam', 2, '无线干扰', 'Radio jamming', '344', 'XQ YC', 'XH YK'),
  row('technical.24h', 3, '设备报警', 'Technical alarm', '150', 'UA', 'UH'),
  row('water.leak', 3, '漏水', 'Water leak', '154', 'WA', 'WH'),
  row('temp.high', 3, '温度过高', 'High temperature', '158', 'KA', 'KH'),
  row('temp.low', 3, '温度过低', 'Low temperature', '152 159', 'ZA', 'ZH'),
  row('power.ac', 3, '交流电源断电', 'Mains power lost', '301', 'AT', 'AR'),
  row('power.battery.low', 3, '主机电池电量低', 'Panel battery low', '302', 'YT', 'YR'),
  row('power.battery.missing', 3, '主机电池缺失', 'Panel battery missing', '309 311', 'YM YT', 'YR'),
  row('sensor.battery.low', 4, '探测器电池电量低', 'Sensor battery low', '384', 'XT', 'XR'),
  row('siren.fault', 3, '警号故障', 'Siren fault', '320 321', 'YA RC', 'YH RO'),
  row('module.fault', 3, '模块故障', 'Module fault', '143 330 333', 'ET', 'ER'),
  row('comms.line', 3, '通信线路故障', 'Line fault', '351 352', 'LT', 'LR'),
  row('comms.fail', 2, '通信失败', 'Communication failure', '350 354', 'YC', 'YK'),
  row('comms.panel.lost', 2, '报警主机失联', 'Panel lost', '', 'NC YC', 'NR'),
  row('loop.fire.fault', 3, '火警回路故障', 'Fire loop fault', '373', 'FT', 'FJ'),
  row('loop.fault', 3, '防区回路故障', 'Zone loop fault', '370 371 372 380', 'BT UT', 'BJ UJ'),
  row('panic.fault', 2, '紧急按钮故障', 'Panic button fault', '375 376', 'PT HT', 'PJ HR'),
  row('exit.error', 4, '外出布防错误', 'Exit error', '374 457', 'EA EE'),
  // Rows 47 and 48: which of the two is told by the qualifier, or by the SIA code. A closing (armed) stands as the raise.
  row('arming', 4, '布防或撤防', 'Arming or disarming', '400 401 402 403 407 408 409 441 442', 'CL CA CQ CS CG NL NF', 'OP OA OQ OS'),
  row('arm.failed', 4, '布防失败', 'Arming failed or late', '454 455', 'CI'),
  row('user.cancel', 4, '用户取消', 'Cancelled by a user', '406', 'BC OC'),
  row('code.tamper', 3, '密码错误', 'Wrong code entered', '421 461', 'JA DD'),
  row('zone.bypass', 4, '防区旁路', 'Zone bypassed', '570 571 572 573', 'BB FB', 'BU FU'),
  row('test.periodic', 4, '定期测试', 'Periodic test', '602 603', 'RP'),
  row('test.manual', 4, '手动测试', 'Manual test', '601', 'RX'),
  row('test.walk', 4, '步测', 'Walk test', '607', 'TS', 'TE'),
  row('test.fire', 4, '火警测试', 'Fire test', '604', 'FX FI', 'FK'),
  row('clock.log', 4, '时钟或日志', 'Clock or log', '621 622 623 624 625 626', 'JL JT JO'),
  row('video.loss', 3, '视频丢失', 'Video lost'),
  row('storage.full', 3, '存储已满', 'Storage full'),
  row('storage.fault', 3, '存储故障', 'Storage fault'),
  row('fan.fault', 3, '风扇故障', 'Fan fault'),
  row('video.motion', 3, '移动侦测', 'Motion in the picture'),
  row('video.tripwire', 3, '绊线检测', 'Tripwire crossed'),
  row('video.intrusion', 3, '区域入侵检测', 'Intrusion in the picture'),
  row('video.loiter', 3, '徘徊检测', 'Loitering in the picture'),
];

const byType = new Map(alarmTypes.map((each) => [each.type, each]));
const byCode = new Map(alarmTypes.flatMap((each) => each.contactId.map((code) => [code, each.type] as const)));

/** Codes whose CCC names a user, not a zone (alarm-panels §2.1). */
const userCodes: ReadonlySet<string> = new Set([
  ...['121', '313', '421', '422', '424', '425', '429', '430', '431', '441', '442', '574', '604', '607', '625', '642', '652', '653'],
  ...range(400, 409),
  ...range(411, 415),
  ...range(450, 459),
  ...range(462, 466),
]);

function range(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
}

/** The canonical type of a three-digit event code. `zone` (as sent) tells a tampered panel (137, zone 0 or none) from a tampered detector. */
export function typeOfContactId(code3: string, zone?: string): AlarmType {
  const code = code3.toUpperCase();
  if (code === '137' && (zone === undefined || /^0*$/.test(zone))) return 'tamper.panel';
  return byCode.get(code) ?? `unknown.${code}`;
}

/** Whether the number that comes with this code is a user's. */
export function namesUser(code3: string): boolean {
  return userCodes.has(code3);
}

/**
 * The type of an alarm in a zone whose inventory entry names a type of its own. That type stands in for what the detector saw (1xx codes);
 * it never hides tamper, supervision or a fault, and never turns panic or fire into something lesser (alarm-panels §0.9).
 */
export function typeInZone(code3: string, zone: string | undefined, ofZone: AlarmType | undefined): AlarmType {
  const type = typeOfContactId(code3, zone);
  return ofZone === undefined || !code3.startsWith('1') ? type : standIn(type, ofZone);
}

/** The same for a type that a detector told without a code. */
export function typeOfDetector(type: AlarmType, ofZone: AlarmType | undefined): AlarmType {
  const detected = byType.get(type)?.contactId.some((code) => code.startsWith('1')) ?? false;
  return ofZone === undefined || !detected ? type : standIn(type, ofZone);
}

function standIn(type: AlarmType, ofZone: AlarmType): AlarmType {
  if (/^(tamper|sensor|module)\./.test(type)) return type;
  return overtakes(type) && !overtakes(ofZone) ? type : ofZone;
}

/** The row of a type; undefined for `unknown.…` and for types that a site made up. */
export function rowOf(type: AlarmType): AlarmTypeRow | undefined {
  return byType.get(type);
}

export function severityOf(type: AlarmType): Severity {
  return byType.get(type)?.severity ?? 2;
}

export function titleOf(type: AlarmType): Words {
  const known = byType.get(type);
  if (known) return known.title;
  const code = type.startsWith('unknown.') ? type.slice('unknown.'.length) : type;
  return { zh: `未知报警（代码 ${code}）`, en: `Unknown alarm (code ${code})` };
}
