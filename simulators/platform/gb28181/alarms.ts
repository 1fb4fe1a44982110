/** The alarm ledger of the police side: every arrival, in order, and what it was answered. */
import type { ManscdpMessage } from '../../../adapters/protocols/manscdp/message.ts';
import type { Clock } from '../../../gateway/domain/ports.ts';
import { type Instant, instant } from '../../../gateway/domain/time.ts';

type AlarmNotice = Extract<ManscdpMessage, { readonly root: 'Notify'; readonly cmdType: 'Alarm' }>;

export interface GbAlarm {
  readonly arrivedAt: Instant;
  /** The device that said it, and the code that it is about. */
  readonly device: string;
  readonly code: string;
  readonly sn: number;
  readonly by: 'MESSAGE' | 'NOTIFY';
  /** 1 is the highest. */
  readonly priority: number;
  readonly method: number;
  readonly type?: string | undefined;
  readonly occurredAt: Instant;
  readonly description: string;
  /** Of the SIP answer. */
  readonly answered: number;
  /** In its history, which is what it answers queries from. */
  readonly kept: boolean;
  /** The same SN, code and time were here before. */
  readonly repeat: boolean;
}

const mostKept = 20_000;

export class AlarmLedger {
  readonly #clock: Clock;
  readonly #kept: GbAlarm[] = [];
  readonly #accepted = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  write(device: string, notice: AlarmNotice, { by, answered, kept }: Pick<GbAlarm, 'by' | 'answered' | 'kept'>): GbAlarm {
    const { sn, deviceId: code, content } = notice;
    const key = JSON.stringify([device, sn, code, content.alarmTime]);
    const alarm: GbAlarm = {
      arrivedAt: this.#clock.now(),
      device,
      code,
      sn,
      by,
      priority: content.alarmPriority,
      method: content.alarmMethod,
      type: content.info?.alarmType,
      occurredAt: instant(content.alarmTime),
      description: content.alarmDescription ?? '',
      answered,
      kept,
      repeat: this.#accepted.has(key),
    };
    if (answered < 300) this.#accepted.add(key);
    this.#kept.push(alarm);
    if (this.#kept.length > mostKept) this.#kept.shift();
    return alarm;
  }

  /** Every arrival, the oldest first. */
  all(): readonly GbAlarm[] {
    return this.#kept.slice();
  }
}
