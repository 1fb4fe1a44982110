/** The states of a school while its gateway is off, and what was told of alarms then against what should have been. */
import mqtt from 'mqtt';
import type { KeptPanel, KeptPoint, Meant } from './kept-topics.ts';

/** One alarm event, as it was told. */
export interface ToldAlarm {
  /** `raised gate 7 panic.silent`. */
  readonly what: string;
  readonly historical: boolean;
}

export interface Differences {
  readonly missing: readonly string[];
  readonly twice: readonly string[];
  /** Nothing of this changed. */
  readonly phantom: readonly string[];
  /** Told as of now. */
  readonly now: readonly string[];
}

function nameOf(how: 'raised' | 'restored', panel: string, [zone, type]: Meant): string {
  return `${how} ${panel} ${zone} ${type}`;
}

const armedName = (panel: string, mode: string): string => `armed ${panel} ward ${mode}`;

function namesOf(alarming: boolean, { panel, means, arms }: KeptPoint): readonly string[] {
  const names = means.map((meant) => nameOf(alarming ? 'raised' : 'restored', panel, meant));
  return arms === undefined ? names : [...names, armedName(panel, arms[alarming ? 1 : 0])];
}

/** Undefined: it is no alarm's beginning or end, nor the arming of a ward. `event`: of the journal, or as a receiver got it. */
export function toldAlarm(event: Readonly<Record<string, unknown>>): ToldAlarm | undefined {
  const { kind, panel, zone, type, partition, mode, first, historical } = event;
  if (kind === 'arming.changed' && partition === 'ward' && first !== true)
    return { what: armedName(String(panel), String(mode)), historical: historical === true };
  if (kind !== 'alarm.raised' && kind !== 'alarm.restored') return undefined;
  return {
    what: nameOf(kind === 'alarm.raised' ? 'raised' : 'restored', String(panel), [String(zone), String(type)]),
    historical: historical === true,
  };
}

export function differencesOf(expected: readonly string[], told: readonly ToldAlarm[]): Differences {
  const times = new Map<string, number>();
  for (const { what } of told) times.set(what, (times.get(what) ?? 0) + 1);
  const wanted = new Set(expected);
  return {
    missing: expected.filter((what) => !times.has(what)),
    twice: expected.filter((what) => (times.get(what) ?? 0) > 1),
    phantom: told.filter(({ what }) => !wanted.has(what)).map(({ what }) => what),
    now: told.filter(({ historical }) => !historical).map(({ what }) => what),
  };
}

/** The states of a school while its gateway is off: seeded parts of them change. */
export class KeptStates {
  readonly panels: readonly KeptPanel[];
  readonly #points: readonly KeptPoint[];
  readonly #alarming = new Set<KeptPoint>();
  readonly #random: () => number;

  /** `standing`: the share of alarms that stand to begin with. */
  constructor(panels: readonly KeptPanel[], random: () => number, standing: number) {
    this.panels = panels;
    this.#random = random;
    this.#points = panels.flatMap(({ points }) => points);
    for (const point of this.#points) if (random() < standing) this.#alarming.add(point);
  }

  /** What should be told at the first start of all: of how wards are armed nothing is known, so that nothing has changed. */
  get standing(): readonly string[] {
    return [...this.#alarming].flatMap((point) => (point.arms ? [] : namesOf(true, point)));
  }

  /** Everything, in the order in which a panel tells it. */
  all(): readonly Saying[] {
    return this.panels.flatMap(({ entry, fixed, points }) => [
      ...fixed.map((one) => ({ ...one, panel: entry.id as string, retain: true })),
      ...points.map((point) => this.#saying(point)),
    ]);
  }

  /** Changes a share of the states; returns what is said then, and what should be told of it. */
  change(share: number): { readonly sayings: readonly Saying[]; readonly expected: readonly string[]; readonly states: number } {
    const changed = this.#points.filter((point) => this.#random() < share && !(point.endless && this.#alarming.has(point)));
    for (const point of changed) if (!this.#alarming.delete(point)) this.#alarming.add(point);
    return {
      states: changed.length,
      sayings: changed.map((point) => this.#saying(point)),
      expected: changed.flatMap((point) => namesOf(this.#alarming.has(point), point)),
    };
  }

  /** What is pressed meanwhile, and what should be told of it. */
  press(): { readonly sayings: readonly Saying[]; readonly expected: readonly string[] } {
    const presses = this.panels.flatMap(({ press, entry }) => (press ? [{ ...press, panel: entry.id as string }] : []));
    return {
      sayings: presses.map(({ panel, topic, payload }) => ({ panel, topic, payload, qos: 1, retain: false })),
      expected: presses.map(({ panel, means }) => nameOf('raised', panel, means)),
    };
  }

  #saying(point: KeptPoint): Saying {
    const { panel, topic, qos, says } = point;
    return { panel, topic, qos, payload: says[this.#alarming.has(point) ? 1 : 0], retain: true };
  }
}

export interface Saying {
  readonly panel: string;
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  /** Only a broker still tells it. */
  readonly copy?: true;
}

/** Resolves once the broker has all of it. */
export async function sayAll(broker: string, sayings: readonly Saying[]): Promise<void> {
  const client = await mqtt.connectAsync(broker, { protocolVersion: 4 });
  for (const { topic, payload, qos, retain } of sayings) await client.publishAsync(topic, payload, { qos, retain });
  // What has QoS 0 is only written by then; the broker reads in order.
  await client.publishAsync('measured/done', '', { qos: 1 });
  await client.endAsync();
}
