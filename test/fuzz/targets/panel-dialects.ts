/**
 * What panels say in every dialect but `campus`. The first two bytes choose the fixture message that lends dialect and topic, their high bit whether the message
 * is retained. What earlier messages taught is what the fixtures teach.
 */
import { isGatewayError } from '../../../gateway/domain/errors.ts';
import { messageOf } from '../../support/bad-input.ts';
import { decodedInOrder, dialectFixtures } from '../../support/dialect-cases.ts';
import { type FuzzTarget, must } from '../target.ts';

const mostReports = 8_000;

interface Stage {
  readonly fixture: (typeof dialectFixtures)[number];
  readonly learned: ReadonlyMap<string, string>;
}

const stages: readonly Stage[] = dialectFixtures.map((fixture) => {
  const reports = decodedInOrder(fixture).flatMap((each) => (each === 'refused' ? [] : each));
  return { fixture, learned: new Map(reports.flatMap((report) => (report.kind === 'learned' ? [[report.key, report.value] as const] : []))) };
});
/** Every message of the fixtures, with its dialect and what was learned. */
const scenes = stages.flatMap(({ fixture, learned }) => fixture.cases.map((each) => ({ ...fixture, learned, each })));

export const panelDialectsTarget: FuzzTarget = {
  name: 'panel-dialects',
  longest: 20 * 1024,
  allows: (error) => isGatewayError(error, 'PANEL_MESSAGE'),
  words: [
    '{"',
    '":',
    'null',
    'true',
    'ON',
    'OFF',
    'triggered',
    'disarmed',
    '"action":"',
    '"event":"TRIGGER"',
    '"sos":true',
    '"zone":',
    '1130',
    'Nri1BA',
  ],
  seeds: () => scenes.map(({ each }, place) => Buffer.concat([Buffer.of(place >> 8, place & 0xff), messageOf(each).payload])),
  run(input) {
    const choice = ((input[0] ?? 0) << 8) | (input[1] ?? 0);
    const { dialect, panel, learned, each } = scenes[(choice & 0x7fff) % scenes.length]!;
    const message = { ...messageOf(each), payload: input.subarray(2), retained: choice >= 0x8000, learned };
    const reports = dialect.decode(panel, message);
    must(reports.length <= mostReports, 'a message is so many reports at most', () => reports.length);
    for (const report of reports) {
      must(report.device === panel.id && report.raw === message.payload, 'a report keeps its evidence', () => report);
      if (report.kind === 'zone' && message.retained) must(report.state !== 'raised', 'a message that a broker kept raises nothing', () => report);
    }
  },
};
