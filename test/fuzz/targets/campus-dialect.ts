/** What a panel publishes in the campus dialect. The first byte chooses the topic, its high bit whether the message is retained. */
import { readdirSync, readFileSync } from 'node:fs';
import { campusDialect } from '../../../adapters/panels/dialects/campus.ts';
import type { Panel } from '../../../gateway/domain/campus.ts';
import { isGatewayError } from '../../../gateway/domain/errors.ts';
import { panelId, zoneId } from '../../../gateway/domain/ids.ts';
import { instant, seconds } from '../../../gateway/domain/time.ts';
import { type FuzzTarget, must } from '../target.ts';

const panel: Panel = {
  id: panelId('gate'),
  name: 'gate',
  dialect: 'campus',
  broker: 'embedded',
  settings: {},
  heartbeatEvery: seconds(20),
  zones: [
    { id: zoneId('1'), name: 'front door', channels: [] },
    { id: zoneId('7'), name: 'gate button', channels: [], type: 'panic.silent' },
  ],
  enabled: true,
  maintenance: false,
};
const topics = ['evt', 'state', 'hb', 'lwt', 'rsp', 'other'].map((name) => `campus/north/panel/gate/${name}`);
const folder = new URL('../../fixtures/dialect/campus/', import.meta.url);
const mostReports = 2_000;

export const campusDialectTarget: FuzzTarget = {
  name: 'campus-dialect',
  longest: 20 * 1024,
  allows: (error) => isGatewayError(error, 'PANEL_MESSAGE'),
  words: ['{"', '":', ',"', 'null', 'true', '[', ']', '}', '"ts":', '"zones":{', '"alarm":"1122"', '\\u0000'],
  seeds: () =>
    readdirSync(folder)
      .filter((name) => /^(evt|state|hb|lwt|rsp)/.test(name))
      .map((name) => {
        const { message } = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
        const topic = topics.findIndex((one) => one.endsWith(String(message.topic.split('/').at(-1))));
        const { payload } = message;
        return Buffer.concat([Buffer.of(Math.max(0, topic)), Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload ?? null))]);
      }),
  run(input) {
    const choice = input[0] ?? 0;
    const topic = topics[(choice & 0x7f) % topics.length]!;
    const message = {
      topic,
      payload: input.subarray(1),
      qos: 1,
      retained: choice >= 0x80,
      duplicate: false,
      receivedAt: instant(1_760_000_000_000),
    } as const;
    const reports = campusDialect.decode(panel, message);
    must(reports.length <= mostReports, 'a message is so many reports at most', () => reports.length);
    for (const report of reports) must(report.device === panel.id && report.raw === message.payload, 'a report keeps its evidence', () => report);
  },
};
