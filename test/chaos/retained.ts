/**
 * A gateway that was stopped finds at its start what its broker keeps: thousands of states in mixed dialects, most of them as they were. What did not change
 * raises nothing; what changed while nobody listened is told once, as history, and is not told again at the next start, nor when the broker itself restarts.
 * Our own broker keeps nothing: there each panel tells all of its states when it comes back, and what it tells is of now unless its dialect says otherwise.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { millis, seconds } from '../../gateway/domain/time.ts';
import type { InventoryStore } from '../../gateway/inventory/store.ts';
import { journalFile } from '../../gateway/journal/journal.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { aliveFile } from '../../gateway/runtime/last-alive.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { eventOf } from '../../simulators/platform/behaviour.ts';
import { differencesOf, KeptStates, type Saying, sayAll, type ToldAlarm, toldAlarm } from '../support/kept-states.ts';
import { keptTopics, topicsOf } from '../support/kept-topics.ts';
import { type Figure, figuresOf, mostOf, type Row, randomFrom } from '../support/measure-figures.ts';
import type { GatewayChild } from '../support/measure-gateway.ts';
import { noneOf } from '../support/measure-promise.ts';
import { type MeasuredSchool, openMeasuredSchool } from '../support/measure-school.ts';
import { openMosquitto } from '../support/mosquitto.ts';
import { peer } from '../support/peers.ts';
import type { Campaign } from './kill.ts';

const topicsKept = 2_000;
const shareStanding = 0.1;
const shareChanged = 0.1;
/** Longer than an alarm waits that hangs on the arming. */
const silence = seconds(7);
const patience = seconds(60);

/** Where the states are kept while the gateway is away. */
interface Keeper extends AsyncDisposable {
  readonly siteBroker?: string;
  /** Of each panel, as it is put into the inventory. */
  entered(store: InventoryStore, panel: string): void;
  /** Resolves once the gateway has been told of what is kept, or will be by itself. */
  present(gateway: GatewayChild, heard: Promise<unknown>): Promise<void>;
  /** Resolves once it is kept. */
  say(sayings: readonly Saying[]): Promise<void>;
  /** Absent: it restarts with the gateway. */
  restart?(gateway: GatewayChild): Promise<void>;
}

export async function retainedAtMosquitto(campaign: Campaign): Promise<readonly Figure[]> {
  const program = peer('mosquitto');
  if (program !== undefined) return retained('chaos retained, mosquitto', campaign, await atMosquitto(program));
  const missing = { metric: 'mosquitto is missing', value: Number.NaN, unit: '', limit: 0 };
  return figuresOf({ test: 'chaos retained, mosquitto', dose: 'none', seed: campaign.seed }, [missing]);
}

/** What stood is told again by a gateway whose journal is lost: the rows can fail. */
export const retainedAndForgotten = (campaign: Campaign) => retained('chaos retained, the journal lost', campaign, atOurs(), 'forgets');

export const retainedAtOurs = (campaign: Campaign) => retained('chaos retained, our own broker', campaign, atOurs());

async function retained(
  test: string,
  { runs, seed, topics = topicsKept }: Campaign,
  opened: Keeper,
  journal: 'lasts' | 'forgets' = 'lasts',
): Promise<readonly Figure[]> {
  await using keeper = opened;
  const random = randomFrom(seed);
  const { siteBroker } = keeper;
  const panels = keptTopics(topics, siteBroker === undefined ? 'embedded' : 'site');
  const states = new KeptStates(panels, random, shareStanding);
  await using school = await openMeasuredSchool({
    panels: 0,
    ...(siteBroker === undefined ? {} : { siteBroker }),
    furnish: (store) => {
      for (const { entry } of panels) {
        store.putPanel(entry);
        keeper.entered(store, entry.id);
      }
    },
  });
  const { gateway } = school;
  const started: number[] = [];
  const toldAfter: number[] = [];
  const idleCost: number[] = [];
  let begun = 0;
  const start = async () => {
    const heard = gateway.says('panel topics heard', patience);
    started.push((await gateway.start()) ?? Number.NaN);
    begun = performance.now();
    await keeper.present(gateway, heard);
  };
  let seen = 0;
  /** What the police side is told from the last look until it has been silent. */
  const told = async (expected: number): Promise<readonly ToldAlarm[]> => {
    const limit = performance.now() + patience;
    while (toldTo(school).length < seen + expected && performance.now() < limit) await systemClock.sleep(millis(50));
    if (expected > 0) toldAfter.push(performance.now() - begun);
    await systemClock.sleep(silence);
    const all = toldTo(school);
    const fresh = all.slice(seen);
    seen = all.length;
    complainOf('told', expected > 0 ? [] : fresh.map(({ what }) => what));
    return fresh;
  };
  const found = { standing: states.standing.length, changed: 0, pressed: 0, missing: 0, twice: 0, phantom: 0, now: 0, again: 0, afterBroker: 0 };
  const snapshots = new Set(panels.flatMap(({ points }) => points.filter(({ snapshot }) => snapshot).map(({ panel }) => panel)));
  const compare = async (expected: readonly string[]) => {
    const wrong = differencesOf(expected, await told(expected.length));
    // At our own broker only a snapshot is a copy by itself: see above.
    const now = wrong.now.filter((what) => siteBroker !== undefined || snapshots.has(what.split(' ')[1] ?? ''));
    for (const [how, names] of Object.entries({ ...wrong, now })) complainOf(how, names);
    found.missing += wrong.missing.length;
    found.twice += wrong.twice.length;
    found.phantom += wrong.phantom.length;
    found.now += now.length;
  };

  await keeper.say(states.all());
  const standing = states.standing;
  await start();
  await compare(standing);
  for (let run = 0; run < runs; run += 1) {
    if (random() < 0.5) await gateway.stop();
    else await gateway.kill();
    // As if for long: what had waited for a minute at most would be of now.
    rmSync(join(gateway.dataFolder, aliveFile), { force: true });
    const changed = states.change(shareChanged);
    const pressed = siteBroker === undefined ? { sayings: [], expected: [] } : states.press();
    await keeper.say([...changed.sayings, ...pressed.sayings]);
    found.changed += changed.states;
    found.pressed += pressed.expected.length;
    await start();
    await compare([...changed.expected, ...pressed.expected]);
    await gateway.kill();
    if (journal === 'forgets') for (const part of ['', '-wal', '-shm']) rmSync(join(gateway.dataFolder, `${journalFile}${part}`), { force: true });
    await start();
    found.again += (await told(0)).length;
    idleCost.push(gateway.cpuMillis());
    await keeper.restart?.(gateway);
    found.afterBroker += keeper.restart ? (await told(0)).length : 0;
  }
  const exitCode = await gateway.stop();
  const ofSite: readonly Row[] =
    siteBroker === undefined
      ? []
      : [
          { metric: 'presses while it was off', value: found.pressed, unit: 'count' },
          noneOf("told at the broker's restart", found.afterBroker),
          // The first session is the one that the broker cannot know.
          noneOf('gaps reported where nothing is missing', gateway.said('broker session lost') - 1),
        ];
  return figuresOf({ test, dose: `${runs} times, ${topicsOf(panels)} topics of ${panels.length} panels`, seed }, [
    { metric: 'alarms found at the first start', value: found.standing, unit: 'count' },
    { metric: 'states changed while it was off', value: found.changed, unit: 'count' },
    noneOf('alarms for what did not change', found.phantom),
    noneOf('differences that were not told', found.missing),
    noneOf('differences told more than once', found.twice),
    noneOf('differences told as of now', found.now),
    noneOf('told at a restart after which nothing had changed', found.again),
    ...ofSite,
    noneOf('messages that could not be read', gateway.said('panel message unreadable')),
    noneOf('exits that nobody asked for', gateway.unplannedExits),
    noneOf('exit code at the end', exitCode ?? 1),
    { metric: 'slowest start to ready', value: mostOf(started), unit: 'ms', limit: 5_000 },
    { metric: 'from ready to the last difference told, most', value: mostOf(toldAfter), unit: 'ms' },
    { metric: 'CPU of a start that finds nothing new, most', value: mostOf(idleCost), unit: 'ms' },
  ]);
}

async function atMosquitto(program: string): Promise<Keeper> {
  const broker = await openMosquitto(program);
  await broker.start();
  return {
    siteBroker: broker.url,
    entered: () => undefined,
    present: async (_gateway, heard) => void (await heard),
    say: (sayings) => sayAll(broker.url, sayings),
    async restart(gateway) {
      const heard = gateway.says('panel topics heard', patience);
      await broker.stop('SIGTERM');
      await broker.start();
      await heard;
    },
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

function atOurs(): Keeper {
  const passwords = new Map<string, string>();
  const kept = new Map<string, Saying>();
  let present = new Scope();
  const connected = async (broker: string, panel: string): Promise<MqttClient> => {
    const client = await mqtt.connectAsync(broker, { username: panel, password: passwords.get(panel) ?? '', clientId: panel, reconnectPeriod: 0 });
    client.on('error', () => undefined); // The gateway is stopped under it.
    present.defer(() => client.end(true));
    return client;
  };
  return {
    entered: (store, panel) => void passwords.set(panel, store.newPanelPassword(panel as never)),
    async present({ broker }) {
      await present[Symbol.asyncDispose]();
      present = new Scope();
      await Promise.all(
        [...passwords.keys()].map(async (panel) => {
          const client = await connected(broker, panel);
          for (const { topic, payload, ...saying } of kept.values()) {
            if (saying.panel === panel) await client.publishAsync(topic, payload, { qos: 1, retain: true });
          }
        }),
      );
    },
    say: async (sayings) => {
      for (const saying of sayings) if (!saying.copy) kept.set(saying.topic, saying);
    },
    [Symbol.asyncDispose]: () => present[Symbol.asyncDispose](),
  };
}

function toldTo({ arrivals }: MeasuredSchool): readonly ToldAlarm[] {
  const events = new Map(arrivals.filter(({ row }) => row.answer === 'accepted').map(({ row }) => [row.eventId, row.body]));
  return [...events.values()].flatMap((body) => toldAlarm(eventOf(body) ?? {}) ?? []);
}

/** A count alone would not say where to look. */
function complainOf(how: string, names: readonly string[]): void {
  if (names.length === 0) return;
  process.stderr.write(`${how}: ${names.slice(0, 8).join(', ')}${names.length > 8 ? ` and ${names.length - 8} more` : ''}\n`);
}
