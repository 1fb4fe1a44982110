/** The DC-09 receiver over real sockets: what it keeps, what it answers, and to whom it says nothing. */
import { describe, expect, test } from 'vitest';
import { oldHeartbeatAnswer } from '../../../adapters/protocols/dc09/framer.ts';
import { panelId } from '../../../gateway/domain/ids.ts';
import { Secret } from '../../../gateway/domain/secret.ts';
import { seconds } from '../../../gateway/domain/time.ts';
import { bytesOf, byUdp, dc09Panels, dc09Rig, dial, key, told } from '../../support/dc09.ts';
import { eventually } from '../../support/eventually.ts';
import { panelOf } from '../../support/panels.ts';
import { principal } from '../../support/recording-fleet.ts';

const silent = 300;
/** A gate that opens when the test says so. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('an alarm', () => {
  test('is acknowledged only once it is committed', async () => {
    await using rig = await dc09Rig();
    using panel = await dial(rig.port);
    const commit = gate();
    rig.commit = () => commit.opened;
    panel.send(bytesOf(told({ sequence: 41, receiver: '1', line: '1' })));
    expect(await panel.answer(silent)).toBe('silence');
    commit.open();
    expect(await panel.answer()).toEqual({
      token: 'ACK',
      encrypted: false,
      sequence: 41,
      receiver: '1',
      line: '1',
      account: '1234',
      data: '',
      extended: [],
    });
    expect(rig.reports).toMatchObject([
      { kind: 'zone', device: 'gate', zone: '7', type: 'panic.silent', state: 'raised', historical: false, code: '1120' },
    ]);
    expect([...rig.protocols]).toEqual(['dc09']);
  });

  test('of a panel with a key is acknowledged in its key, with the time', async () => {
    await using rig = await dc09Rig();
    using panel = await dial(rig.port);
    panel.send(bytesOf(told({ encrypted: true })));
    const answer = await panel.answer();
    expect(answer).toMatchObject({ token: 'ACK', encrypted: true, sequence: 1, account: '5678', data: '' });
    expect(Math.abs(Date.now() - (typeof answer === 'object' ? answer.timestamp! : 0))).toBeLessThan(60_000);
    expect(rig.reports).toHaveLength(1);
    // The evidence is what was in it.
    expect(Buffer.from(rig.reports[0]!.raw).toString()).toContain('"ADM-CID"0001L0#5678[#5678|1120 01 007]_');
  });

  test('that cannot be committed is not answered, and is taken when it is said again', async () => {
    await using rig = await dc09Rig();
    using panel = await dial(rig.port);
    rig.commit = () => Promise.reject(new Error('The disk is full.'));
    panel.send(bytesOf(told()));
    expect(await panel.answer(silent)).toBe('silence');
    rig.commit = async () => undefined;
    panel.send(bytesOf(told()));
    expect(await panel.answer()).toMatchObject({ token: 'ACK' });
    expect(rig.reports).toHaveLength(1);
  });

  test('said again is answered again and kept once, also while the first is being committed, also by another way', async () => {
    await using rig = await dc09Rig();
    using panel = await dial(rig.port);
    using second = await dial(rig.port);
    const commit = gate();
    rig.commit = () => commit.opened;
    const press = told();
    panel.send(bytesOf(press));
    second.send(bytesOf(press));
    expect(await second.answer(silent)).toBe('silence');
    commit.open();
    expect(await panel.answer()).toMatchObject({ token: 'ACK' });
    expect(await second.answer()).toMatchObject({ token: 'ACK' });
    expect(await byUdp(rig.port, bytesOf(press))).toMatchObject({ token: 'ACK' });
    // A sender may give a new time to what it says again.
    expect(await byUdp(rig.port, bytesOf({ ...press, timestamp: press.timestamp! + 1_000 }))).toMatchObject({ token: 'ACK' });
    expect(rig.reports).toHaveLength(1);
    // The second press of a person is another message.
    expect(await byUdp(rig.port, bytesOf(told({ sequence: 2 })))).toMatchObject({ token: 'ACK' });
    expect(rig.reports).toHaveLength(2);
    const keys = rig.reports.map((report) => ('dedupe' in report ? report.dedupe : ''));
    expect(new Set(keys).size).toBe(2);
  });

  test('that is said again to a gateway that was started anew has the key that the journal knows', async () => {
    const press = bytesOf(told({ encrypted: true }));
    const keys: (string | false)[] = [];
    for (const _start of [1, 2]) {
      await using rig = await dc09Rig();
      expect(await byUdp(rig.port, press)).toMatchObject({ token: 'ACK' });
      keys.push(...rig.reports.map((report) => 'dedupe' in report && report.dedupe));
    }
    expect(keys).toEqual([expect.stringMatching(/^hall\|dc09\|1\|/), keys[0]]);
  });

  test("of an account that two panels have is the first one's, and the mistake is told", async () => {
    const [gate] = dc09Panels();
    await using rig = await dc09Rig({ panels: [gate!, { ...gate!, id: panelId('gate-2') }] });
    expect(await byUdp(rig.port, bytesOf(told()))).toMatchObject({ token: 'ACK' });
    expect(rig.reports).toMatchObject([{ device: 'gate' }]);
    expect(rig.lines).toContainEqual({ message: 'panel account used twice', fields: { account: '1234', panel: 'gate', unheard: 'gate-2' } });
  });

  test('of a panel that does not count is told apart by its time', async () => {
    await using rig = await dc09Rig();
    const press = told({ sequence: 0 });
    for (const offset of [0, 0, 1_000]) await byUdp(rig.port, bytesOf({ ...press, timestamp: press.timestamp! + offset }));
    expect(rig.reports).toHaveLength(2);
  });

  test('in a code or a token that nobody knows is kept all the same', async () => {
    await using rig = await dc09Rig();
    for (const [index, message] of [{ data: '#1234|help' }, { token: 'X-MAKER' }, { token: 'SIA-DCS', data: '#1234|Nri1/QQ1' }].entries()) {
      expect(await byUdp(rig.port, bytesOf(told({ sequence: index + 1, ...message })))).toMatchObject({ token: 'ACK' });
    }
    expect(rig.reports.map((report) => 'type' in report && report.type)).toEqual(['unknown.ADM-CID', 'unknown.X-MAKER', 'unknown.QQ']);
  });
});

describe('time', () => {
  test('of an encrypted message that is not believed is answered with ours', async () => {
    await using rig = await dc09Rig();
    const wrong = [-45, 25].map((offset) => told({ encrypted: true, timestamp: Math.floor(Date.now() / 1_000) * 1_000 + offset * 1_000 }));
    for (const message of wrong) {
      const answer = await byUdp(rig.port, bytesOf(message));
      expect(answer).toMatchObject({ token: 'NAK', encrypted: false, sequence: 0, receiver: '0', line: '0', account: 'A0' });
      expect(Math.abs(Date.now() - (typeof answer === 'object' ? answer.timestamp! : 0))).toBeLessThan(60_000);
    }
    expect(rig.reports).toEqual([]);
    expect(await byUdp(rig.port, bytesOf(told({ encrypted: true })))).toMatchObject({ token: 'ACK' });
  });

  test('of a message in the clear stops nothing: such panels know no NAK', async () => {
    await using rig = await dc09Rig();
    expect(await byUdp(rig.port, bytesOf(told({ timestamp: Date.UTC(2000, 5, 13) })))).toMatchObject({ token: 'ACK' });
    const { timestamp: _none, ...timeless } = told({ sequence: 2 });
    expect(await byUdp(rig.port, bytesOf(timeless))).toMatchObject({ token: 'ACK' });
    expect(rig.reports).toMatchObject([{ historical: false }, { historical: false }]);
    expect(rig.reports.map((report) => report.deviceTime)).toEqual([undefined, undefined]);
  });
});

describe('DUH is the answer to', () => {
  test.each([
    ['an account that nobody has', told({ account: '9999' })],
    ['a panel with a key that speaks in the clear', told({ account: '5678' })],
    ['an encrypted message of a panel that has no key', told({ account: '1234', encrypted: true })],
  ])('%s', async (_what, message) => {
    await using rig = await dc09Rig();
    expect(await byUdp(rig.port, bytesOf(message))).toMatchObject({ token: 'DUH', sequence: 1 });
    expect(rig.reports).toEqual([]);
  });

  test('another key than ours', async () => {
    await using rig = await dc09Rig();
    expect(await byUdp(rig.port, bytesOf(told({ encrypted: true }), Buffer.alloc(16, 1)))).toMatchObject({ token: 'DUH' });
    expect(rig.lines.map(({ message }) => message)).toContain('panel refused');
    expect(rig.reports).toEqual([]);
  });

  test('a panel that has no key and may not speak in the clear, or whose key is none', async () => {
    const at = (account: string, more = {}) => panelOf(`p-${account}`, { broker: 'dc09', dialect: 'sia-dc09', settings: { account }, ...more });
    await using rig = await dc09Rig({ panels: [at('1234'), at('5678', { secret: new Secret('too short') })] });
    expect(await byUdp(rig.port, bytesOf(told()))).toMatchObject({ token: 'DUH' });
    expect(await byUdp(rig.port, bytesOf(told({ encrypted: true })))).toMatchObject({ token: 'DUH' });
    expect(rig.lines.filter(({ message }) => message === 'panel key unusable')).toHaveLength(2);
    expect(JSON.stringify(rig.lines)).not.toContain('too short');
  });
});

describe('nothing is the answer to', () => {
  const damaged = bytesOf(told());
  damaged[20]! ^= 1;
  test.each([
    ['a frame that was damaged', damaged],
    ['garbage', Buffer.from('hello, is this the fire brigade?')],
    ['what is longer than any frame', Buffer.alloc(8_000, 0x41)],
    ['an answer', bytesOf(told({ token: 'ACK', data: '' }))],
    ['the old heartbeat of a panel that has a key', Buffer.from('SR0001L0001    5678    [ID00000000]')],
  ])('%s', async (_what, bytes) => {
    await using rig = await dc09Rig();
    expect(await byUdp(rig.port, bytes, silent)).toBe('silence');
    expect(rig.reports).toEqual([]);
  });
});

describe('a connection', () => {
  test('carries several frames in a segment, and one in many', async () => {
    await using rig = await dc09Rig();
    using panel = await dial(rig.port);
    panel.send(Buffer.concat([1, 2, 3].map((sequence) => bytesOf(told({ sequence })))));
    for (const byte of bytesOf(told({ sequence: 4 }))) panel.send(Buffer.of(byte));
    for (const sequence of [1, 2, 3, 4]) expect(await panel.answer()).toMatchObject({ token: 'ACK', sequence });
    expect(rig.reports).toHaveLength(4);
  });

  test('that says nothing, never ends its frame, or says too long a one is closed; the others go on', async () => {
    const limits = { firstFrameWithin: seconds(0.5), frameWithin: seconds(0.5) };
    await using rig = await dc09Rig({ limits });
    using mute = await dial(rig.port);
    using slow = await dial(rig.port);
    using huge = await dial(rig.port);
    using strange = await dial(rig.port);
    using good = await dial(rig.port);
    good.send(bytesOf(told()));
    slow.send(bytesOf(told()).subarray(0, 30));
    huge.send(Buffer.alloc(100_000, 0x41));
    for (let sent = 0; sent < 12; sent += 1) strange.send(bytesOf(told({ account: '9999', sequence: sent + 1 })));
    await Promise.all([mute.closed(), slow.closed(), huge.closed(), strange.closed()]);
    expect(await good.answer()).toMatchObject({ token: 'ACK' });
    good.send(bytesOf(told({ sequence: 2 })));
    expect(await good.answer()).toMatchObject({ token: 'ACK', sequence: 2 });
  });

  test('of an address that has too many is refused, and so are messages that come too fast', async () => {
    await using rig = await dc09Rig({ limits: { maxConnectionsPerAddress: 2, messagesPerSecond: 5 } });
    using first = await dial(rig.port);
    using second = await dial(rig.port);
    using third = await dial(rig.port);
    await third.closed();
    first.send(Buffer.concat(Array.from({ length: 30 }, (_, index) => bytesOf(told({ sequence: index + 1 })))));
    await first.closed();
    expect(rig.reports.length).toBeLessThanOrEqual(15);
    expect(second.socket.destroyed).toBe(false);
  });
});

describe('a poll', () => {
  test('is a sign of life, and no event', async () => {
    await using rig = await dc09Rig();
    expect(rig.fleet.status(panelId('hall')).heardAt).toBeUndefined();
    expect(await byUdp(rig.port, bytesOf(told({ token: 'NULL', encrypted: true, sequence: 0, data: '' })))).toMatchObject({
      token: 'ACK',
      encrypted: true,
    });
    const { heardAt, announced } = rig.fleet.status(panelId('hall'));
    expect([heardAt !== undefined, announced]).toEqual([true, 'online']);
    expect(rig.fleet.status(panelId('gate')).heardAt).toBeUndefined();
    expect(rig.reports).toEqual([]);
  });

  test('of an older panel is answered with one byte', async () => {
    await using rig = await dc09Rig();
    using panel = await dial(rig.port);
    panel.socket.removeAllListeners('data');
    const answer = new Promise<Buffer>((resolve) => panel.socket.once('data', resolve));
    panel.send(Buffer.from('SR0001L0001    1234    [ID00000000]'));
    expect([...(await answer)]).toEqual([...oldHeartbeatAnswer]);
    await eventually(() => expect(rig.fleet.status(panelId('gate')).heardAt).toBeDefined());
  });
});

test('commands are refused in words: nothing can be said to such a panel', async () => {
  await using rig = await dc09Rig({ panels: dc09Panels() });
  const command = { id: 'c', op: 'arm', expires: told().timestamp! + 60_000 } as never;
  await expect(rig.fleet.perform(panelId('gate'), command, principal)).rejects.toMatchObject({ code: 'COMMAND_UNSUPPORTED' });
  expect(key.byteLength).toBe(16);
});
