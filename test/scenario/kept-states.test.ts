/** 200 states that a mosquitto keeps, a part of them changed while the gateway was away: the short form of `npm run chaos -- --faults retained`. */
import { expect, test } from 'vitest';
import { panelDialects } from '../../adapters/index.ts';
import { externalBroker } from '../../adapters/panels/external-broker.ts';
import { campusId } from '../../gateway/domain/ids.ts';
import { millis } from '../../gateway/domain/time.ts';
import { openPanelFleet } from '../../gateway/fleet/panels.ts';
import { openIntake } from '../../gateway/intake/intake.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { keptCampus } from '../support/kept-dialects.ts';
import { differencesOf, KeptStates, sayAll, type ToldAlarm, toldAlarm } from '../support/kept-states.ts';
import { keptTopics } from '../support/kept-topics.ts';
import { randomFrom } from '../support/measure-figures.ts';
import { openMosquitto } from '../support/mosquitto.ts';
import { eventually, inventoryOf, type LogLine, logInto } from '../support/panels.ts';
import { peer } from '../support/peers.ts';
import { freshFolder, openTestJournal } from '../support/spine.ts';

const mosquitto = peer('mosquitto');
/** A copy that hangs on the arming waits for it; that nothing comes behind is awaited, once at the end, for more than twice as long. */
const reconcileAfter = millis(1_500);
const silence = millis(4_000);

test.skipIf(!mosquitto)(
  'of what a broker kept, what changed while we were away is told once and as history, and nothing else',
  async () => {
    await using scope = new Scope();
    const folder = freshFolder(scope);
    const broker = scope.own(await openMosquitto(mosquitto!));
    await broker.start();
    const states = new KeptStates(keptTopics(200, 'site'), randomFrom(5), 0.2);
    const { campus, ...school } = inventoryOf(states.panels.map(({ entry }) => entry)).current();
    const now = { ...school, campus: { ...campus, id: campusId(keptCampus) } };
    const inventory = { current: () => now, async *changes() {} };
    let seen = 0;

    /** One life of the gateway, until as much was told as is expected; where nothing is, until nothing comes. */
    const live = async (expected: readonly string[]): Promise<readonly ToldAlarm[]> => {
      await using life = new Scope();
      const { journal } = life.own(await openTestJournal({ folder }));
      const lines: LogLine[] = [];
      const around = { inventory, clock: systemClock, log: logInto(lines) };
      const intake = openIntake({ ...around, journal, recipients: () => [], requestSync: () => undefined });
      const fleet = life.own(
        openPanelFleet({
          ...{
            ...around,
            intake,
            audit: intake,
            sessionLost: intake.sessionLost,
            tested: new Map(),
            reconcileAfter,
            armed: journal.read.armedBefore(),
          },
          dialects: new Map(panelDialects.map((dialect) => [dialect.name, dialect])),
          openAlarms: (panel, zone) => journal.read.raisedTypes(panel, zone),
        }),
      );
      const over = new AbortController();
      const running = externalBroker({ ...around, name: 'site', url: broker.url, clientId: 'gateway' }).run(fleet.doorFor('site'), over.signal);
      life.defer(() => running);
      life.defer(() => over.abort());
      const told = () => journal.read.events({ after: seen, limit: 10_000 }).flatMap(({ event }) => toldAlarm({ ...event }) ?? []);
      await eventually(() => lines.some(({ message }) => message === 'panel topics heard'), 20_000);
      if (expected.length === 0) await systemClock.sleep(silence);
      else await eventually(() => told().length >= expected.length, 20_000).catch(() => undefined); // what is missing is told below
      const all = told();
      seen = journal.read.events({ after: seen, limit: 10_000 }).at(-1)?.position ?? seen;
      return all;
    };

    await sayAll(broker.url, states.all());
    const nothing = { missing: [], twice: [], phantom: [], now: [] };
    expect(differencesOf(states.standing, await live(states.standing))).toEqual(nothing);
    const { sayings, expected } = states.change(0.2);
    const pressed = states.press();
    await sayAll(broker.url, [...sayings, ...pressed.sayings]);
    const all = [...expected, ...pressed.expected];
    expect(all.length).toBeGreaterThan(10);
    expect(differencesOf(all, await live(all))).toEqual(nothing);
    expect(await live([])).toEqual([]);
  },
  60_000,
);
