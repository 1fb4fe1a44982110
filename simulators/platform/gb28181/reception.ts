/** What a platform does of itself: it greets who has registered, takes what devices report, and answers alarms (gb28181 §3.4, §4.5). */
import type { ManscdpMessage } from '../../../adapters/protocols/manscdp/message.ts';
import type { AlarmLedger, GbAlarm } from './alarms.ts';
import type { Catalogues, GbCatalogue } from './catalogues.ts';
import type { Complaints } from './complaints.ts';
import type { AlarmQuery } from './desk.ts';
import type { Devices, GbDevice } from './devices.ts';
import type { Line } from './line.ts';
import type { Mood } from './mood.ts';
import type { Questions } from './questions.ts';
import type { GbNotice, SubscriptionKind, Subscriptions } from './subscriptions.ts';

export interface ReceptionParts {
  readonly devices: Devices;
  readonly catalogues: Catalogues;
  readonly questions: Questions;
  readonly subscriptions: Subscriptions;
  readonly complaints: Complaints;
  readonly ledger: AlarmLedger;
  readonly mood: Mood;
  readonly queries: boolean;
  readonly kinds: readonly SubscriptionKind[];
  /** s, of subscriptions. */
  readonly expires: number;
  readonly alarmed: (alarm: GbAlarm) => void;
  readonly signal: AbortSignal;
}

type Notice = Extract<ManscdpMessage, { readonly root: 'Notify' }>;
type Alarm = Extract<Notice, { readonly cmdType: 'Alarm' }>;

export class Reception {
  readonly #parts: ReceptionParts;
  /** One for each device: a new registration ends the greeting of the one before. */
  readonly #greetings = new Map<string, AbortController>();

  constructor(parts: ReceptionParts) {
    this.#parts = parts;
    parts.signal.addEventListener('abort', () => {
      for (const greeting of this.#greetings.values()) greeting.abort();
    });
  }

  welcome(id: string): void {
    const { subscriptions, complaints, signal } = this.#parts;
    this.farewell(id);
    const greeting = new AbortController();
    this.#greetings.set(id, greeting);
    if (signal.aborted) return;
    subscriptions.forget(id);
    this.#greet(id, greeting.signal).catch((error: unknown) => {
      if (!greeting.signal.aborted)
        complaints.add(id, 'welcome', `After its registration the device ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  farewell(id: string): void {
    this.#greetings.get(id)?.abort();
    this.#greetings.delete(id);
    this.#parts.subscriptions.forget(id);
  }

  async askCatalogue(device: GbDevice, signal: AbortSignal): Promise<GbCatalogue> {
    const { questions, catalogues } = this.#parts;
    const items = await questions.collect(device, { root: 'Query', cmdType: 'Catalog', deviceId: device.id, content: {} }, signal);
    catalogues.replace(device.id, items);
    return catalogues.of(device.id)!;
  }

  received(device: string, message: Exclude<ManscdpMessage, { readonly root: 'Query' | 'Control' }>, answered: number): void {
    if (message.root === 'Response') this.#parts.questions.answered(device, message);
    else if (message.cmdType === 'Alarm') this.#alarm(device, message, { by: 'MESSAGE', answered });
    else if (message.cmdType === 'Catalog') this.#parts.catalogues.notice(device, message.content.items);
  }

  /** One Response for each alarm that its history has; where it has none, one without any. */
  asked(id: string, { sn, deviceId, content }: AlarmQuery): void {
    const { ledger, complaints, devices, questions, signal } = this.#parts;
    const device = devices.find(id);
    if (!device) return;
    const { startAlarmTime = 0, endAlarmTime = Number.MAX_SAFE_INTEGER } = content;
    const found = ledger
      .all()
      .filter(({ kept, device: of, code }) => kept && of === id && (deviceId === id || deviceId === code))
      .filter(({ occurredAt }) => occurredAt >= startAlarmTime && occurredAt <= endAlarmTime);
    const contents = found.map((alarm) => ({
      ...{ alarmPriority: alarm.priority, alarmMethod: alarm.method, alarmTime: alarm.occurredAt, alarmDescription: alarm.description },
    }));
    for (const one of contents.length === 0 ? [{}] : contents) {
      questions.answer(device, { root: 'Response', cmdType: 'Alarm', sn, deviceId, content: one }, signal).catch((error: unknown) => {
        if (!signal.aborted)
          complaints.add(id, 'alarm-history', `The answer to its query: the device ${error instanceof Error ? error.message : String(error)}`);
      });
    }
  }

  /** What to answer to a NOTIFY. */
  noticed(device: string, kind: SubscriptionKind, notice: GbNotice): number {
    const { complaints, catalogues } = this.#parts;
    if (notice.root !== 'Notify' || notice.cmdType !== kind) {
      complaints.add(device, 'notify-kind', `A NOTIFY of ${notice.root} in a subscription to ${kind}.`);
      return 200;
    }
    if (notice.cmdType === 'Alarm') this.#alarm(device, notice, { by: 'NOTIFY', answered: 200 });
    else if (notice.cmdType === 'Catalog') {
      const { sumNum, items } = notice.content;
      if (items.length > sumNum) complaints.add(device, 'sum-num', `A NOTIFY of ${items.length} items with SumNum ${sumNum}.`);
      catalogues.notice(device, items);
    }
    return 200;
  }

  async tellAll(what: 'keepalive' | 'options' | 'unknown-query', line: Line, realm: string): Promise<void> {
    const { devices } = this.#parts;
    await Promise.all(devices.all().map((device) => (device.online ? this.#tell(device, what, line, realm) : undefined)));
  }

  async #tell(device: GbDevice, what: 'keepalive' | 'options' | 'unknown-query', line: Line, realm: string): Promise<void> {
    const { complaints, signal } = this.#parts;
    const uri = `sip:${device.id}@${realm}`;
    const content =
      what === 'keepalive'
        ? `<?xml version="1.0"?>\r\n<Notify>\r\n<CmdType>Keepalive</CmdType>\r\n<SN>1</SN>\r\n<DeviceID>${device.id}</DeviceID>\r\n<Status>OK</Status>\r\n</Notify>\r\n`
        : `<?xml version="1.0"?>\r\n<Query>\r\n<CmdType>WeatherQuery</CmdType>\r\n<SN>1</SN>\r\n<DeviceID>${device.id}</DeviceID>\r\n</Query>\r\n`;
    const body = what === 'options' ? {} : { body: { type: 'Application/MANSCDP+xml', content } };
    const order = { method: what === 'options' ? 'OPTIONS' : 'MESSAGE', uri, from: `sip:platform@${realm}`, to: uri, ...body };
    try {
      const { status } = await line.endpoint.ask(order, device.peer, signal);
      if (status >= 300)
        complaints.add(device.id, 'not-acknowledged', `${what} was answered ${status}: everything that can be read is answered 200.`);
    } catch (error) {
      complaints.add(device.id, 'not-acknowledged', `${what}: the device ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** In the order of WVP. */
  async #greet(id: string, signal: AbortSignal): Promise<void> {
    const { devices, questions, subscriptions, complaints, queries, kinds, expires } = this.#parts;
    const device = () => devices.find(id) ?? Promise.reject(new Error('was forgotten.'));
    if (queries) {
      const { content: info } = await questions.ask(await device(), { root: 'Query', cmdType: 'DeviceInfo', deviceId: id, content: {} }, signal);
      devices.learn(id, { info: { name: info.deviceName, manufacturer: info.manufacturer, model: info.model } });
      const wanted = { root: 'Query', cmdType: 'ConfigDownload', deviceId: id, content: { configTypes: ['BasicParam'] } } as const;
      const { content } = await questions.ask(await device(), wanted, signal);
      const basic = content.configs.find(({ name }) => name === 'BasicParam');
      const { heartBeatInterval: interval = 0, heartBeatCount: count = 0 } = basic?.name === 'BasicParam' ? basic.value : {};
      if (interval > 0 && count > 0) devices.learn(id, { heartbeat: { interval, count } });
      else
        complaints.add(
          id,
          'basic-param',
          `BasicParam with an interval of ${interval} and a count of ${count}: WVP takes the device for dead at once.`,
        );
      await this.askCatalogue(await device(), signal);
    }
    for (const kind of kinds) {
      const { status } = await subscriptions.begin(await device(), kind, expires, signal);
      if (status >= 300) complaints.add(id, 'subscribe', `SUBSCRIBE ${kind} was answered ${status}.`);
    }
  }

  #alarm(id: string, notice: Alarm, how: Pick<GbAlarm, 'by' | 'answered'>): void {
    const { ledger, catalogues, complaints, devices, questions, mood, alarmed, signal } = this.#parts;
    const alarm = ledger.write(id, notice, { ...how, kept: how.answered < 300 && mood.keepsAlarms });
    alarmed(alarm);
    const items = catalogues.of(id)?.items;
    if (items && notice.deviceId !== id && !items.some(({ deviceId }) => deviceId === notice.deviceId)) {
      complaints.add(id, 'alarm-code', `An alarm of ${notice.deviceId}, which is not in the catalogue: nobody there knows where it is.`);
    }
    const device = devices.find(id);
    if (how.answered >= 300 || mood.alarmResult === 'none' || !device) return;
    const receipt = { root: 'Response', cmdType: 'Alarm', sn: notice.sn, deviceId: notice.deviceId, content: { result: mood.alarmResult } } as const;
    questions.answer(device, receipt, signal).catch((error: unknown) => {
      if (!signal.aborted)
        complaints.add(id, 'alarm-response', `The Response to an alarm: the device ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}
