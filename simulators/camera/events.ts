/** What the simulated camera has to tell: its topics, their states, and the pull points of those who listen. */
import { escapeXml } from '../../adapters/protocols/xml.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { millis } from '../../gateway/domain/time.ts';
import type { Faults } from './faults.ts';
import { videoSourceConfigToken, videoSourceToken } from './onvif/operation.ts';

interface SimulatedTopic {
  readonly topic: string;
  readonly source: Readonly<Record<string, string>>;
  readonly key?: Readonly<Record<string, string>>;
  /** Data item; absent: a pulse. */
  readonly item?: string;
}

const analytics = { VideoSourceConfigurationToken: videoSourceConfigToken, VideoAnalyticsConfigurationToken: 'analytics' };
const input = (token: string): SimulatedTopic => ({ topic: 'tns1:Device/Trigger/DigitalInput', source: { InputToken: token }, item: 'LogicalState' });

/** By the word that a person types. The same motion is told on two topics, as real cameras do. */
const topics: Readonly<Record<string, readonly SimulatedTopic[]>> = {
  'input-1': [input('DI_1')],
  'input-2': [input('DI_2')],
  motion: [
    { topic: 'tns1:VideoSource/MotionAlarm', source: { Source: videoSourceToken }, item: 'State' },
    { topic: 'tns1:RuleEngine/CellMotionDetector/Motion', source: { ...analytics, Rule: 'MotionRule' }, item: 'IsMotion' },
  ],
  tamper: [{ topic: 'tns1:RuleEngine/TamperDetector/Tamper', source: { ...analytics, Rule: 'TamperRule' }, item: 'IsTamper' }],
  dark: [{ topic: 'tns1:VideoSource/ImageTooDark/ImagingService', source: { Source: videoSourceToken }, item: 'State' }],
  'signal-loss': [{ topic: 'tns1:VideoSource/SignalLoss', source: { Source: videoSourceToken }, item: 'State' }],
  line: [{ topic: 'tns1:RuleEngine/LineDetector/Crossed', source: { ...analytics, Rule: 'Gate line' } }],
  field: [{ topic: 'tns1:RuleEngine/FieldDetector/ObjectsInside', source: { ...analytics, Rule: 'Yard' }, key: { ObjectId: '7' }, item: 'IsInside' }],
  storage: [{ topic: 'tns1:Device/HardwareFailure/StorageFailure', source: { Token: 'disk_1' }, item: 'Failed' }],
  doorbell: [{ topic: 'tns1:Device/tnssim:Doorbell/Pressed', source: { Door: 'front' } }],
};
export const simulatedEvents = Object.keys(topics);

export interface PullPoint {
  readonly path: string;
  readonly queue: string[];
  dead: boolean;
  /** By the monotonic clock, ms. */
  expiresAt: number;
  wake: () => void;
}

const mostPullPoints = 3;
const mostQueued = 1_000;

export class CameraEvents {
  readonly #clock: Clock;
  readonly #faults: Faults;
  /** Of the camera's own clock, epoch ms. */
  readonly #now: () => number;
  readonly #active = new Set<string>();
  readonly #points = new Map<string, PullPoint>();
  #made = 0;
  /** Subscriptions ever made, pulls ever answered, renewals: tests count them. */
  readonly counters = { subscriptions: 0, pulls: 0, renewals: 0 };

  constructor({ clock, faults, now }: { readonly clock: Clock; readonly faults: Faults; readonly now: () => number }) {
    this.#clock = clock;
    this.#faults = faults;
    this.#now = now;
  }

  /** False: there is no such event. Pulses happen, whatever `active` says; a state that stands already is told again. */
  tell(name: string, active: boolean): boolean {
    const told = Object.hasOwn(topics, name) ? topics[name] : undefined;
    if (!told) return false;
    if (active) this.#active.add(name);
    else this.#active.delete(name);
    if (!active && this.#faults.has('events-no-end') && name.startsWith('input-')) return true;
    for (const topic of told) this.#push(this.#message(topic, topic.item === undefined ? undefined : 'Changed', active));
    return true;
  }

  isActive(name: string): boolean {
    return this.#active.has(name);
  }

  /** Undefined: there are too many. */
  open(lifetime: number): PullPoint | undefined {
    this.expire();
    const most = this.#faults.has('events-one-pull-point') ? 1 : mostPullPoints;
    if (this.#points.size >= most) return undefined;
    this.#made += 1;
    this.counters.subscriptions += 1;
    const path = `${pullPointPath}${this.#made}`;
    const point: PullPoint = { path, queue: [], dead: false, expiresAt: this.#clock.monotonic() + lifetime, wake: () => undefined };
    this.#points.set(path, point);
    this.synchronise(point);
    return point;
  }

  at(path: string): PullPoint | undefined {
    this.expire();
    return this.#points.get(path);
  }

  close(point: PullPoint): void {
    this.#points.delete(point.path);
    point.wake();
  }

  /** Every state, as messages. */
  synchronise(point: PullPoint): void {
    if (this.#faults.has('events-no-states')) return;
    for (const [name, told] of Object.entries(topics)) {
      for (const topic of told) {
        if (topic.item === undefined || topic.key) continue; // objects are states as long as they are there
        this.#push(this.#message(topic, 'Initialized', this.#active.has(name) || this.#faults.has('events-begin-active')), [point]);
      }
    }
  }

  /** The camera starts anew: nobody listens any more. */
  forget(): void {
    for (const point of this.#points.values()) point.wake();
    this.#points.clear();
  }

  /** The pull points that stand now will say nothing more. */
  deaden(): void {
    for (const point of this.#points.values()) {
      point.dead = true;
      point.queue.length = 0;
    }
  }

  /** Messages of a pull, at most so many. */
  take(point: PullPoint, most: number): readonly string[] {
    this.counters.pulls += 1;
    return point.queue.splice(0, most);
  }

  /** It lives for so long from now, ms. */
  renew(point: PullPoint, lifetime: number): void {
    this.counters.renewals += 1;
    point.expiresAt = this.#clock.monotonic() + lifetime;
  }

  /** How long it still lives, ms. */
  left(point: PullPoint): number {
    return Math.max(0, point.expiresAt - this.#clock.monotonic());
  }

  expire(): void {
    const now = this.#clock.monotonic();
    for (const point of this.#points.values()) if (point.expiresAt <= now) this.close(point);
  }

  /** Resolves when there are messages, when the pull point is gone, or after `length` ms. */
  async wait(point: PullPoint, length: number, signal: AbortSignal): Promise<void> {
    if (point.queue.length > 0) return;
    const over = new AbortController();
    const end = () => over.abort();
    signal.addEventListener('abort', end, { once: true });
    point.wake = end;
    await this.#clock.sleep(millis(length), over.signal).catch(() => undefined); // woken
    signal.removeEventListener('abort', end);
  }

  #push(message: string, points: Iterable<PullPoint> = this.#points.values()): void {
    if (this.#faults.has('events-mute')) return;
    for (const point of points) {
      if (point.dead || point.queue.length >= mostQueued) continue;
      point.queue.push(message);
      if (this.#faults.has('events-twice')) point.queue.push(message);
      point.wake();
    }
  }

  #message({ topic, source, key, item }: SimulatedTopic, operation: string | undefined, active: boolean): string {
    const at = new Date(this.#faults.has('events-no-time') ? 0 : this.#now()).toISOString();
    const list = (name: string, items: Readonly<Record<string, string>>) =>
      `<tt:${name}>${Object.entries(items)
        .map(([one, value]) => `<tt:SimpleItem Name="${one}" Value="${escapeXml(value)}"/>`)
        .join('')}</tt:${name}>`;
    const data = item === undefined ? { ObjectId: '7' } : { [item]: String(active) };
    return (
      `<wsnt:NotificationMessage><wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">${topic}</wsnt:Topic>` +
      `<wsnt:Message><tt:Message UtcTime="${at}"${operation === undefined ? '' : ` PropertyOperation="${operation}"`}>` +
      `${list('Source', source)}${key ? list('Key', key) : ''}${list('Data', data)}</tt:Message></wsnt:Message></wsnt:NotificationMessage>`
    );
  }
}

export const pullPointPath = '/onvif/pullpoint/';

/** The topic set of GetEventProperties (ONVIF Core §9.4.2). */
export function topicSet(): string {
  interface Node {
    readonly below: Map<string, Node>;
    told?: SimulatedTopic;
  }
  const root: Node = { below: new Map() };
  for (const told of Object.values(topics).flat()) {
    let at = root;
    for (const step of told.topic.split('/')) {
      const next = at.below.get(step) ?? { below: new Map() };
      at.below.set(step, next);
      at = next;
    }
    at.told = told;
  }
  const described = ({ source, key, item }: SimulatedTopic) => {
    const items = (name: string, list: readonly string[], type: string) =>
      list.length === 0 ? '' : `<tt:${name}>${list.map((one) => `<tt:SimpleItemDescription Name="${one}" Type="${type}"/>`).join('')}</tt:${name}>`;
    return (
      `<tt:MessageDescription IsProperty="${item !== undefined}">${items('Source', Object.keys(source), 'tt:ReferenceToken')}` +
      `${items('Key', Object.keys(key ?? {}), 'xs:integer')}${items('Data', [item ?? 'ObjectId'], item === undefined ? 'xs:integer' : 'xs:boolean')}</tt:MessageDescription>`
    );
  };
  const written = ({ below, told }: Node): string =>
    (told ? described(told) : '') +
    [...below].map(([name, node]) => `<${name} wstop:topic="${node.told !== undefined}">${written(node)}</${name}>`).join('');
  return written(root);
}
