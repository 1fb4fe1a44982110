/** The DC-09 uplink against the simulated receivers of an alarm centre. The contract of JSON uplinks is about bodies and does not fit: these are its promises. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { dc09 } from '../../adapters/uplinks/dc09/uplink.ts';
import type { Delivery, Receipt } from '../../gateway/domain/delivery.ts';
import { uplinkId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { instant, millis, seconds } from '../../gateway/domain/time.ts';
import type { Uplink, UplinkContext } from '../../gateway/domain/uplink-ports.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { type ReceiverSimulator, runReceiverSimulator } from '../../simulators/receiver/simulator.ts';
import { key, keyText } from '../support/dc09.ts';
import { eventually } from '../support/eventually.ts';
import { freePorts } from '../support/free-ports.ts';
import { alarm } from '../support/spine.ts';

const soon = (within = 60_000) => AbortSignal.timeout(within);

async function receiver(): Promise<ReceiverSimulator> {
  const [port = 0] = await freePorts(1); // it may go down and come back
  const made = await runReceiverSimulator({ listen: { address: '127.0.0.1', port }, key, clock: systemClock });
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

interface Made {
  readonly uplink: Uplink;
  readonly receipts: Receipt[];
}

function uplinkTo(settings: Readonly<Record<string, unknown>>, { run = true, secret = keyText as string | undefined } = {}): Made {
  const receipts: Receipt[] = [];
  const config = dc09.config.parse({ account: '5678', timeout: 20, pollSeconds: 0, ...settings });
  const door = { receipt: async (_event: unknown, receipt: Receipt) => void receipts.push(receipt) } as unknown as UplinkContext['door'];
  const entry = { id: uplinkId('centre'), name: 'centre', adapter: 'dc09', settings: {}, enabled: true };
  const uplink = dc09.create(secret === undefined ? entry : { ...entry, secret: new Secret(secret) }, config, {
    clock: systemClock,
    log: silentLogger,
    door,
  });
  if (run) {
    const life = new AbortController();
    const running = uplink.run(life.signal);
    onTestFinished(async () => {
      life.abort();
      await running;
    });
  }
  return { uplink, receipts };
}

let position = 40;
function deliveryOf(changes: Readonly<Record<string, unknown>> = {}): Delivery {
  position += 1;
  const event = { ...alarm({ zone: 'zone-7', type: 'panic.silent' }), occurredAt: instant(Date.now()), receivedAt: instant(Date.now()), ...changes };
  return {
    ...{
      uplink: uplinkId('centre'),
      event: event.id,
      position,
      journalledAt: instant(Date.now()),
      kind: event.kind,
      lane: 'gate/7',
      rank: 0,
      attempts: 0,
    },
    body: JSON.stringify({ version: 1, position, journalledAt: '2026-11-26T08:00:00.000Z', event }),
  };
}

describe.each(['tcp', 'udp'])('by %s', (protocol) => {
  const at = ({ port }: ReceiverSimulator) => `${protocol}://127.0.0.1:${port}`;

  test('an event is accepted by the ACK of its sequence, encrypted both ways; sent and accepted are told apart', async () => {
    const centre = await receiver();
    const { uplink, receipts } = uplinkTo({ primary: at(centre) });
    const delivery = deliveryOf({ partition: '2', location: { longitude: 121.4737, latitude: 31.2304 } });
    const sequence = String(delivery.position + 1).padStart(4, '0');
    expect(await uplink.deliver(delivery, soon())).toEqual({ proof: `ACK ${sequence} of the primary receiver` });
    expect(receipts).toMatchObject([{ hop: 'sent', by: 'centre', proof: `primary receiver, sequence ${delivery.position + 1}` }]);
    const [message] = centre.events();
    expect(message).toMatchObject({ token: 'ADM-CID', encrypted: true, sequence: delivery.position + 1, account: '5678', line: '0' });
    expect(message?.data).toBe('#5678|1122 02 007');
    expect(message?.extended.slice(0, 2)).toEqual(['X121.47370', 'Y31.23040']);
    expect(Buffer.from(message?.extended[2] ?? '', 'latin1').toString()).toContain('无声紧急报警');
    expect(uplink.link()).toMatchObject({ state: 'up' });
  });

  test('a repeat has the same sequence and the same time', async () => {
    const centre = await receiver();
    const { uplink } = uplinkTo({ primary: at(centre) });
    const delivery = deliveryOf();
    await uplink.deliver(delivery, soon());
    await uplink.deliver({ ...delivery, attempts: 1 }, soon());
    const rows = centre.ledger();
    expect(rows).toHaveLength(2);
    expect(rows[1]?.message).toEqual(rows[0]?.message);
    expect(centre.events()).toHaveLength(1);
  });

  test('a receiver with another clock gets our messages by its own, and the difference is told', async () => {
    const centre = await receiver();
    centre.misbehave('wrong-clock');
    const { uplink } = uplinkTo({ primary: at(centre) });
    await uplink.deliver(deliveryOf(), soon());
    expect(centre.ledger().map(({ answer }) => answer)).toEqual(['NAK', 'ACK']);
    const [first, second] = centre.ledger();
    expect(second?.message).toMatchObject({ sequence: first?.message.sequence, data: first?.message.data });
    const offset = uplink.link()?.clockOffset ?? 0;
    expect(Math.abs(offset - 3_600_000)).toBeLessThan(10_000);
    await uplink.deliver(deliveryOf(), soon());
    expect(centre.ledger().filter(({ answer }) => answer === 'NAK')).toHaveLength(1);
  });

  test('DUH is a refusal, told with the likely cause, and the next event goes out', async () => {
    const centre = await receiver();
    centre.misbehave('refuse');
    const { uplink } = uplinkTo({ primary: at(centre) });
    await expect(uplink.deliver(deliveryOf(), soon())).rejects.toMatchObject({ code: 'DELIVERY_REFUSED' });
    expect(centre.ledger()).toHaveLength(1);
    expect(uplink.link()).toMatchObject({ state: 'down', sentence: { en: expect.stringContaining('DUH'), zh: expect.stringContaining('账号') } });
    centre.misbehave('well');
    await uplink.deliver(deliveryOf(), soon());
    expect(uplink.link()).toMatchObject({ state: 'up' });
  });

  test.each(['silent', 'damaged', 'forged'] as const)('a receiver that is %s has not answered; three times, and the backup is told', async (how) => {
    const [primary, backup] = [await receiver(), await receiver()];
    primary.misbehave(how);
    const { uplink } = uplinkTo({ primary: at(primary), backup: at(backup), timeout: 1 });
    const delivery = deliveryOf();
    expect(await uplink.deliver(delivery, soon())).toEqual({ proof: expect.stringContaining('of the backup receiver') });
    const tries = primary.ledger().filter(({ message }) => message.token === 'ADM-CID');
    expect(tries).toHaveLength(3);
    expect(new Set(tries.map(({ message }) => message.sequence))).toEqual(new Set([delivery.position + 1]));
    expect(backup.events()).toHaveLength(1);
    // The next one does not wait for it.
    await uplink.deliver(deliveryOf(), soon());
    expect(primary.ledger().filter(({ message }) => message.token === 'ADM-CID')).toHaveLength(3);
    expect(uplink.link()).toMatchObject({ state: 'up', doubts: [{ en: expect.stringContaining('primary') }] });
  });
});

const tcp = ({ port }: ReceiverSimulator) => `tcp://127.0.0.1:${port}`;

test('a primary that is back is told again, once it answers a poll', async () => {
  const [primary, backup] = [await receiver(), await receiver()];
  const { uplink } = uplinkTo({ primary: tcp(primary), backup: tcp(backup), pollSeconds: 1 });
  await eventually(() => expect(primary.ledger().length + backup.ledger().length).toBeGreaterThan(1));
  await primary.down();
  expect(await uplink.deliver(deliveryOf(), soon())).toEqual({ proof: expect.stringContaining('backup') });
  await primary.comeBack();
  await eventually(async () => {
    expect(await uplink.deliver(deliveryOf(), soon())).toEqual({ proof: expect.stringContaining('primary') });
  }, seconds(20));
});

test('polls find a receiver that is gone before an alarm does', async () => {
  const [primary, backup] = [await receiver(), await receiver()];
  const { uplink } = uplinkTo({ primary: tcp(primary), backup: tcp(backup), pollSeconds: 1, timeout: 1 });
  await eventually(() => expect(uplink.link()).toMatchObject({ state: 'up' }));
  expect(primary.ledger()[0]).toMatchObject({ message: { token: 'NULL', encrypted: true, sequence: 0 }, answer: 'ACK' });
  primary.misbehave('silent');
  await eventually(() => expect(uplink.link()?.doubts).toMatchObject([{ en: expect.stringContaining('did not answer') }]));
  backup.misbehave('silent');
  await eventually(() => expect(uplink.link()).toMatchObject({ state: 'down' }));
});

test('a connection that the receiver closes after each answer costs nothing', async () => {
  const centre = await receiver();
  centre.misbehave('closes-after');
  const { uplink } = uplinkTo({ primary: tcp(centre) });
  for (let count = 0; count < 5; count += 1) await uplink.deliver(deliveryOf(), soon());
  expect(centre.events()).toHaveLength(5);
});

test('nobody listens: no answer, and at once', async () => {
  const { uplink } = uplinkTo({ primary: 'tcp://127.0.0.1:9' });
  await expect(uplink.deliver(deliveryOf(), soon())).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
});

test('lets go at once when told to', async () => {
  const centre = await receiver();
  centre.misbehave('silent');
  const { uplink } = uplinkTo({ primary: tcp(centre) });
  const giveUp = new AbortController();
  const outcome = expect(uplink.deliver(deliveryOf(), giveUp.signal)).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
  await eventually(() => expect(centre.ledger()).toHaveLength(1));
  const started = performance.now();
  giveUp.abort();
  await outcome;
  expect(performance.now() - started).toBeLessThan(10_000); // its timeout is 20 s
});

test('a backup that knows nothing of us makes no refusal of a silent primary', async () => {
  const [primary, backup] = [await receiver(), await receiver()];
  primary.misbehave('silent');
  backup.misbehave('refuse');
  const { uplink } = uplinkTo({ primary: tcp(primary), backup: tcp(backup), timeout: 1 });
  await expect(uplink.deliver(deliveryOf(), soon())).rejects.toMatchObject({ code: 'DELIVERY_UNANSWERED' });
});

describe('what an event becomes', () => {
  const sent = async (changes: Readonly<Record<string, unknown>>, settings: Readonly<Record<string, unknown>> = {}) => {
    const centre = await receiver();
    const { uplink } = uplinkTo({ primary: tcp(centre), ...settings }, { run: false });
    const { proof } = await uplink.deliver(deliveryOf(changes), soon());
    const message = centre.events()[0];
    return { proof, data: message?.data, extended: message?.extended ?? [], text: Buffer.from(message?.extended.at(-1) ?? '', 'latin1').toString() };
  };
  const cases: [string, Record<string, unknown>, string, Record<string, unknown>?][] = [
    ['a restore', { kind: 'alarm.restored', type: 'burglary' }, '#5678|3130 00 007'],
    [
      'the very code of the panel, where it means the same',
      { type: 'panic.audible', source: { protocol: 'x', code: '1123', raw: '' } },
      '#5678|1123 00 007',
    ],
    ['an alarm that nobody knows', { type: 'unknown.789' }, '#5678|1789 00 007'],
    ['an alarm without a code of its own', { type: 'video.tripwire' }, '#5678|1140 00 007'],
    ['a zone whose number is set', { zone: 'door', panel: 'gate' }, '#5678|1122 00 042', { zones: { 'gate/door': 42 } }],
    ['a drill', { drill: true }, '#5678|1601 00 007'],
    ['arming', { kind: 'arming.changed', mode: 'away', partition: '1', user: '12' }, '#5678|3401 01 012'],
    ['disarming', { kind: 'arming.changed', mode: 'disarmed', partition: '1' }, '#5678|1401 01 000'],
    ['a fault', { kind: 'fault.raised', fault: 'panel-silent', subject: 'gate', sentence: { zh: '静默', en: 'silent' } }, '#5678|1300 00 000'],
    ['SIA', { type: 'fire.smoke' }, '#5678|Nri0/FA007', { format: 'sia' }],
    ['SIA of a restore', { kind: 'alarm.restored', type: 'fire.smoke', partition: '3' }, '#5678|Nri3/FH007', { format: 'sia' }],
    ['SIA of a drill', { drill: true }, '#5678|Nri0/RX007', { format: 'sia' }],
  ];
  test.each(cases)('%s', async (_what, changes, data, settings) => {
    expect((await sent(changes, settings)).data).toBe(data);
  });

  test('a drill can be kept from leaving; what no receiver takes does not', async () => {
    expect(await sent({ drill: true }, { drills: 'not-sent' })).toMatchObject({ proof: 'nothing that a receiver takes', data: undefined });
    expect((await sent({ kind: 'alarm.acknowledged' })).data).toBeUndefined();
  });

  test('words can be left to ASCII, for receivers that count characters, or left out', async () => {
    const written = async (texts: string) => (await sent({ zoneName: '校门 gate' }, { texts })).extended;
    expect(await written('ascii')).toEqual([expect.stringMatching(/^I[ -~]+ gate\/ gate$/)]);
    expect(await written('none')).toEqual([]);
  });

  test('an old alarm tells when it happened, a drill that it is one, a text cannot end the frame', async () => {
    const old = await sent({ occurredAt: Date.UTC(2026, 5, 1, 8), historical: true, zoneName: 'x]y[z"|' });
    expect(old.extended[0]).toBe('H08:00:00,06-01-2026');
    expect(old.text).toMatch(/gate\/x y z$/);
    expect((await sent({ drill: true })).text).toContain('演练 DRILL');
  });
});

test('without a key it does not begin, unless the settings say so; a key that is none does not do', () => {
  const centre = { primary: 'tcp://127.0.0.1:9' };
  expect(() => uplinkTo(centre, { run: false, secret: undefined as never })).not.toThrow();
  expect(() => uplinkTo(centre, { run: false, secret: 'short' })).toThrow(expect.objectContaining({ code: 'INVENTORY_INVALID' }));
  expect(millis(1)).toBe(1);
});
