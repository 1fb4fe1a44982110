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
import { keptTopics, topicsOf } from '../support/kept-topics.ts';
import { randomFrom } from '../support/measure-figures.ts';
import { openMosquitto } from '../support/mosquitto.ts';
import { eventually, inventoryOf, type LogLine, logInto } from '../support/panels.ts';
import { peer } from '../support/peers.ts';
import { freshFolder, openTestJournal } from '../support/spine.ts';

const mosquitto = peer('mosquitto');
/** A copy that hangs on the arming waits for it; that nothing comes behind is awaited, once at the end, for more than twice as long. */
const reconcileAfter = millis(1_500);
const silence = millis(4_000);
/** On a machine that is busy with everything else. */
const patience = 50_000;

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
    const topics = topicsOf(states.panels);
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
      let copies = 0;
      const door = fleet.doorFor('site');
      const counting: typeof door = {
        ...door,
        async receive(panel, message) {
          await door.receive(panel, message);
          if (message.retained) copies += 1;
        },
      };
      const over = new AbortController();
      const running = externalBroker({ ...around, name: 'site', url: broker.url, clientId: 'gateway' }).run(counting, over.signal);
      life.defer(() => running);
      life.defer(() => over.abort());
      const fresh = () => journal.read.events({ after: seen, limit: 10_000 });
      const toldIn = (entries: ReturnType<typeof fresh>) => entries.flatMap(({ event }) => toldAlarm({ ...event }) ?? []);
      // What a life leaves unread would come first in the next.
      await eventually(() => copies >= topics, patience);
      if (expected.length === 0) await systemClock.sleep(silence);
      // What is missing is told below.
      else await eventually(() => toldIn(fresh()).length >= expected.length, patience).catch(() => undefined);
      const entries = fresh();
      seen = entries.at(-1)?.position ?? seen;
      return toldIn(entries);
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
  180_000,
);
