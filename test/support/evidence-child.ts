/**
 * A box that records a clip until it is killed: `evidence-child.ts <folder> <camera's address> <ms after the press>`. Prints `pressed <alarm>` once the press is journalled,
 * then `grown <bytes>` as the clip grows.
 */
import { writeSync } from 'node:fs';
import { channelId } from '../../gateway/domain/ids.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { openEvidenceSchool } from './evidence-school.ts';

const [folder = '', url = '', lasting = ''] = process.argv.slice(2);
const gate = channelId('gate');
const school = await openEvidenceSchool({
  folder,
  channels: [gate],
  url: () => url,
  settings: { before: seconds(0.5), after: millis(Number(lasting)) },
  worker: false,
});
while (!(await school.ringsReach(1_000))) await systemClock.sleep(millis(50));
const alarm = await school.press();
writeSync(1, `pressed ${alarm.id}\n`);
for (;;) {
  await systemClock.sleep(millis(20));
  writeSync(1, `grown ${school.of(alarm)[1]?.bytes}\n`);
}
