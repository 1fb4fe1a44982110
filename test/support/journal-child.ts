/**
 * A process that records alarms until it is killed. Arguments: folder, first sequence number, options of openJournal as JSON.
 * One line per record() that resolved: its sequence number and the event's id. Written synchronously: what is printed was promised.
 */
import { writeSync } from 'node:fs';
import { openJournal } from '../../gateway/journal/journal.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { alarm, police } from './spine.ts';

const [folder = '', first = '1', options = '{}'] = process.argv.slice(2);
const journal = await openJournal({ folder, clock: systemClock, log: silentLogger, ...JSON.parse(options) });
let seq = Number(first);
const panels = Array.from({ length: 8 }, async (_, panel) => {
  for (;;) {
    const mine = seq;
    seq += 1;
    const { entry } = await journal.record(alarm({ panel: `p${panel}`, zone: String(mine % 5), boot: 'b', dedupe: `press-${mine}` }), [police]);
    writeSync(1, `${mine} ${entry.event.id}\n`);
  }
});
await Promise.all(panels);
