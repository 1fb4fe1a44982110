/**
 * What stands at one camera, and when it begins and ends (onvif-rtsp §2.3, rules 5 to 8). Pure: time comes in with every call, ms that never jump.
 * A state that is told because we asked begins nothing; neither does a repeat.
 */
import type { CameraEventKind } from '../../../gateway/domain/camera-events.ts';
import type { EventReading } from './event-reading.ts';

export interface EventFinding {
  readonly kind: CameraEventKind;
  readonly source: string;
  readonly topic: string;
  /** As of a report: `still` and `quiet` are what the camera told when it was asked. */
  readonly state: 'raised' | 'restored' | 'still' | 'quiet';
  /** The message that says so; absent: it follows from what did not come. */
  readonly reading?: EventReading;
}

interface Standing {
  readonly kind: CameraEventKind;
  readonly source: string;
  topic: string;
  /** What keeps it active, with whether the camera has told of it since the last subscription. */
  readonly instances: Map<string, { confirmed: boolean }>;
  /** What we said last. */
  told: EventFinding['state'] | undefined;
  /** When it ends by itself. */
  endsAt?: number;
  /** When we ask the camera whether it still stands; gone once asked. */
  askAt?: number;
  /** After our question: with no answer until then, an input counts as let go. */
  answerBy?: number;
}

/** A pulse has no end of its own. */
const pulseLasts = 8_000;
/** The same motion ends on one topic and begins on another. */
const holdOff = 2_000;
const held: ReadonlySet<CameraEventKind> = new Set(['motion']);
/** Some inputs tell that they were pressed and never that they were let go: the next press must count. */
const askInputAfter = 60_000;
const askAfter = 5 * 60_000;
const asked: ReadonlySet<CameraEventKind> = new Set(['motion', 'field', 'object', 'sound']);
const answerWithin = 30_000;
/** A camera that invents sources must not fill our memory. */
const mostStandings = 500;
const mostInstances = 200;

export class EventStates {
  readonly #standings = new Map<string, Standing>();

  hear(reading: EventReading, now: number): EventFinding | undefined {
    const standing = this.#standingOf(reading);
    if (!standing) return undefined;
    standing.topic = reading.topic;
    if (reading.how === 'happened') return this.#pulse(standing, reading, now);
    if (!reading.active) return this.#end(standing, reading, now);
    const known = standing.instances.get(reading.instance);
    if (standing.instances.size < mostInstances || known) standing.instances.set(reading.instance, { confirmed: true });
    delete standing.endsAt;
    delete standing.answerBy;
    if (reading.how === 'told')
      return standing.told === 'raised' || standing.told === 'still' ? undefined : this.#say(standing, 'still', reading, now);
    // Told before that it is active, and now that it turned so: that is its beginning, whatever we knew.
    return standing.told === 'raised' ? undefined : this.#say(standing, 'raised', reading, now);
  }

  /** The subscription was lost: what stood may have ended unheard. */
  unsure(): void {
    for (const { instances } of this.#standings.values()) for (const instance of instances.values()) instance.confirmed = false;
  }

  /** The camera has told its whole state: what it did not name is no more. */
  settled(now: number): readonly EventFinding[] {
    return [...this.#standings.values()].flatMap((standing) => {
      const before = standing.instances.size;
      for (const [name, { confirmed }] of standing.instances) if (!confirmed) standing.instances.delete(name);
      if (before === 0 || standing.instances.size > 0 || standing.endsAt !== undefined) return [];
      return [this.#say(standing, 'quiet', undefined, now)];
    });
  }

  /** What has ended by itself by now. */
  due(now: number): readonly EventFinding[] {
    return [...this.#standings.values()].flatMap((standing) => {
      const { endsAt, answerBy } = standing;
      const over = (endsAt !== undefined && endsAt <= now) || (answerBy !== undefined && answerBy <= now);
      if (!over) return [];
      standing.instances.clear();
      delete standing.endsAt;
      delete standing.answerBy;
      return standing.told === 'raised' || standing.told === 'still' ? [this.#say(standing, 'restored', undefined, now)] : [];
    });
  }

  /** True where something stands so long that the camera should be asked for its states; noted as asked. */
  takeQuestion(now: number): boolean {
    let ask = false;
    for (const standing of this.#standings.values()) {
      if (standing.askAt === undefined || standing.askAt > now) continue;
      delete standing.askAt;
      if (standing.instances.size === 0) continue;
      ask = true;
      if (standing.kind === 'input' && standing.told === 'raised') standing.answerBy = now + answerWithin;
    }
    return ask;
  }

  /** When to look again; undefined: only a message changes anything. */
  next(): number | undefined {
    const moments = [...this.#standings.values()].flatMap(({ endsAt, askAt, answerBy }) =>
      [endsAt, askAt, answerBy].filter((at) => at !== undefined),
    );
    return moments.length === 0 ? undefined : Math.min(...moments);
  }

  #standingOf({ kind, source, topic }: EventReading): Standing | undefined {
    const name = `${kind}|${source}|${kind === 'other' ? topic : ''}`;
    const known = this.#standings.get(name);
    if (known || this.#standings.size >= mostStandings) return known;
    const made: Standing = { kind, source, topic, instances: new Map(), told: undefined };
    this.#standings.set(name, made);
    return made;
  }

  #pulse(standing: Standing, reading: EventReading, now: number): EventFinding | undefined {
    standing.endsAt = now + pulseLasts;
    return standing.told === 'raised' ? undefined : this.#say(standing, 'raised', reading, now);
  }

  #end(standing: Standing, reading: EventReading, now: number): EventFinding | undefined {
    standing.instances.delete(reading.instance);
    delete standing.answerBy;
    if (standing.instances.size > 0) return undefined;
    const stood = standing.told === 'raised' || standing.told === 'still';
    if (reading.how === 'told') return stood || standing.told === undefined ? this.#say(standing, 'quiet', reading, now) : undefined;
    if (!stood) return standing.told === undefined ? this.#say(standing, 'quiet', reading, now) : undefined;
    if (held.has(standing.kind)) {
      standing.endsAt ??= now + holdOff;
      return undefined;
    }
    return this.#say(standing, 'restored', reading, now);
  }

  #say(standing: Standing, state: EventFinding['state'], reading: EventReading | undefined, now: number): EventFinding {
    standing.told = state;
    delete standing.askAt;
    if (state === 'restored' || state === 'quiet') {
      delete standing.endsAt;
      delete standing.answerBy;
    } else if (reading?.how !== 'happened') {
      if (standing.kind === 'input') standing.askAt = now + askInputAfter;
      else if (asked.has(standing.kind)) standing.askAt = now + askAfter;
    }
    const { kind, source, topic } = standing;
    return { kind, source, topic, state, ...(reading ? { reading } : {}) };
  }
}
