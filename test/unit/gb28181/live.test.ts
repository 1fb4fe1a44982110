/** Live views as platforms ask for them, over real sockets on both sides. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type GbSession, parseGbSession, writeGbSession } from '../../../adapters/protocols/sdp/gb-session.ts';
import { millis } from '../../../gateway/domain/time.ts';
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { until } from '../../contract/media-plane.ts';
import { codeOf, hasty, type LiveSchool, liveSchool, type View, type ViewOptions, view } from '../../support/gb-live.ts';
import { never } from '../../support/sip-endpoint.ts';

const patience = 120_000;
const offerOf = (port: number): GbSession => ({
  ...{ name: 'Play', owner: '34020000002000000001', start: 0, stop: 0, kind: 'video', address: '127.0.0.1', port },
  ...{ transport: 'tcp-passive', direction: 'recvonly', ssrc: 5, formats: [{ payloadType: 96, encoding: 'PS', clockRate: 90_000 }] },
});

/** Below those that the system gives to anybody. */
const mediaPorts = { first: 29_000, last: 29_099 };

/** Sockets at these ports, as the kernel tells, but for closed connections that it keeps for a while. */
function openSockets(): readonly string[] {
  return ['udp', 'tcp'].flatMap((protocol) =>
    readFileSync(`/proc/net/${protocol}`, 'latin1')
      .split('\n')
      .filter((line) => {
        const [, port = '0', state] = /: [0-9A-F]{8}:([0-9A-F]{4}) \S+ ([0-9A-F]{2})/.exec(line) ?? [];
        const number = Number.parseInt(port, 16);
        return number >= mediaPorts.first && number <= mediaPorts.last && state !== '06';
      }),
  );
}

/** Of what a call leaves behind at either side: nothing. */
async function nothingLeft(school: LiveSchool) {
  await until(async () => (await school.receivers()) === 0, patience);
  await until(() => school.registrar.endpoint.ledger.dialogs === 0, patience);
  await until(() => school.camera.connections === 0, patience);
}

const plays = (one: View, frames = 5) => until(() => one.receiver.frames.length > frames, patience);
const over = (one: View) => until(() => one.call!.dialog.ended.aborted, patience);

describe('a live view', () => {
  test.each(['udp', 'tcp-active', 'tcp-passive'] as const)(
    '(%s) is answered as it was asked, begins with a keyframe, and ends with BYE',
    async (transport) => {
      await using school = await liveSchool({ settings: { media: { ports: { from: mediaPorts.first, to: mediaPorts.last } } } });
      const one = await view(school, { transport });
      expect(one.status).toBe(200);
      const ssrc = one.offer.ssrc;
      expect(one.answer).toMatchObject({ name: 'Play', owner: codeOf('gate'), address: '127.0.0.1', transport, direction: 'sendonly', ssrc });
      expect(one.answer?.formats).toEqual([{ payloadType: 96, encoding: 'PS', clockRate: 90_000 }]);
      if (transport === 'tcp-active') expect(one.answer?.port).toBe(9);
      else expect(one.answer?.port).toBeGreaterThanOrEqual(mediaPorts.first);
      await plays(one, 25);
      expect(one.receiver.complaints).toEqual([]);
      expect(one.receiver.frames[0]).toMatchObject({ keyframe: true });
      if (transport !== 'tcp-active') expect(openSockets()).not.toEqual([]);
      await one[Symbol.asyncDispose]();
      await nothingLeft(school);
      await until(() => openSockets().length === 0, patience);
    },
  );

  test('is of the sub-stream where the platform numbers it so, and of the only channel where it asks the device itself', async () => {
    await using school = await liveSchool({ settings: { share: ['yard'] } });
    await using sub = await view(school, { code: codeOf('yard'), offer: { streamNumber: 1 } });
    await using main = await view(school, { code: '34020000001180000001', offer: { streamNumber: 0 } });
    await plays(sub);
    await plays(main);
    expect(school.asked).toEqual(['yard/sub', 'yard/main']);
    expect(main.answer?.owner).toBe('34020000001180000001');
  });

  test('is given a keyframe of the stream that it is shown, not of another', async () => {
    await using school = await liveSchool();
    await using sub = await view(school, { offer: { streamNumber: 1 } });
    await plays(sub);
    const content = { commands: [{ name: 'IFrameCmd', value: 'Send' }] } as const;
    await school.registrar.tell({ root: 'Control', cmdType: 'DeviceControl', sn: 1, deviceId: codeOf('gate'), content });
    await until(() => school.commands.length > 0);
    expect(school.commands).toEqual([{ to: 'channel', channel: 'gate', command: { op: 'keyframe', profile: 'sub' } }]);
  });

  test('without an SSRC is given one', async () => {
    await using school = await liveSchool();
    const one = await view(school, { ssrc: 200_000_001, body: writeGbSession({ ...offerOf(9), ssrc: undefined }) });
    expect(one.answer?.ssrc).toBe(200_000_001);
    await one[Symbol.asyncDispose]();
  });
});

describe('an INVITE is refused', () => {
  test.each<[string, number, ViewOptions]>([
    ['whose description cannot be read', 400, { body: 'v=0\r\nm=nothing\r\n' }],
    ['for a channel that is not here', 404, { code: '34020000001310000099' }],
    ['for recordings', 488, { offer: { name: 'Playback', start: 1, stop: 2 } }],
    ['for anything but a program stream', 488, { offer: { formats: [{ payloadType: 98, encoding: 'H264', clockRate: 90_000 }] } }],
    ['for sound alone', 488, { offer: { kind: 'audio' } }],
    ['that names no port', 488, { offer: { port: 0 } }],
    ['whose camera is off', 480, { code: codeOf('lane') }],
  ])('%s: %i', async (_, status, options) => {
    await using school = await liveSchool();
    await using one = await view(school, options);
    expect(one.status).toBe(status);
    await nothingLeft(school);
  });

  test('for a channel that is not shared: 404', async () => {
    await using school = await liveSchool({ settings: { share: ['yard'] } });
    await using one = await view(school);
    expect(one.status).toBe(404);
  });

  test.each(['udp', 'tcp-active', 'tcp-passive'] as const)(
    '(%s) to a media address that nobody has allowed: nothing is sent there, and security hears of it',
    async (transport) => {
      await using school = await liveSchool();
      await using one = await view(school, { transport, offer: { address: '127.0.0.9' } });
      expect(one.status).toBe(403);
      expect(school.box.door.notices).toMatchObject([{ what: 'foreign media address', fields: { address: '127.0.0.9', channel: 'gate' } }]);
      expect(school.asked).toEqual([]);
      await using allowed = await liveSchool({ settings: { media: { to: ['127.0.0.0/29', '127.0.0.9'] } } });
      await using other = await view(allowed, { transport: 'udp', offer: { address: '127.0.0.9' } });
      expect(other.status).toBe(200);
    },
  );

  test('of a flood: no more play than may, the rest is told so, and those that play are not disturbed', async () => {
    await using school = await liveSchool({ settings: { media: { most: 6 } } });
    const first = await view(school);
    await plays(first);
    const flood = await Promise.all(Array.from({ length: 120 }, () => view(school)));
    const count = (status: number) => flood.filter((one) => one.status === status).length;
    expect(count(200), String(flood.map(({ status }) => status))).toBe(5);
    expect(count(486) + count(503)).toBe(115);
    expect(count(503)).toBeGreaterThan(0);
    await until(async () => (await school.receivers()) === 6, patience); // the last one is told its media a moment after its answer
    await plays(first, first.receiver.frames.length + 10);
    expect(first.receiver.complaints).toEqual([]);
    await Promise.all([first, ...flood].map((one) => one[Symbol.asyncDispose]()));
    await nothingLeft(school);
  });
});

test('where all plays are taken, one that looks at an alarm takes the place of the oldest that does not', async () => {
  await using school = await liveSchool({ settings: { media: { most: 2 } } });
  school.alarmed.add('yard');
  const alarm = await view(school, { code: codeOf('yard') });
  const patrol = await view(school);
  await using refused = await view(school, { code: codeOf('hall') });
  expect([alarm.status, patrol.status, refused.status]).toEqual([200, 200, 486]);
  school.alarmed.add('hall');
  const next = await view(school, { code: codeOf('hall') });
  expect(next.status).toBe(200);
  await over(patrol);
  await plays(next);
  school.alarmed.add('gate');
  await using late = await view(school);
  expect(late.status).toBe(486);
  expect(alarm.call!.dialog.ended.aborted).toBe(false);
  for (const one of [alarm, patrol, next]) await one[Symbol.asyncDispose]();
  await nothingLeft(school);
});

describe('what goes wrong', () => {
  test('CANCEL while the camera is still being asked leaves nothing behind', async () => {
    await using school = await liveSchool({ camera: { override: ({ method }) => method === 'DESCRIBE' } });
    const cancelling = new AbortController();
    const one = view(school, { signal: cancelling.signal });
    await until(() => school.camera.log.some((line) => line.startsWith('DESCRIBE')), patience);
    cancelling.abort(new Error('cancelled'));
    await expect(one).rejects.toThrow();
    await nothingLeft(school);
  });

  test('CANCEL at any moment ends in a play or in nothing, never in a sender that nobody owns', { timeout: patience }, async () => {
    await using school = await liveSchool();
    for (const after of [0, 1, 2, 4, 8, 16, 32, 64]) {
      const cancelling = new AbortController();
      const one = view(school, { transport: 'udp', signal: cancelling.signal }).catch(() => undefined);
      await systemClock.sleep(millis(after));
      cancelling.abort(new Error('cancelled'));
      const played = await one;
      await played?.[Symbol.asyncDispose]();
    }
    await nothingLeft(school);
  });

  test('a lost ACK: pictures come all the same, and after 32 s without it the call is over', { timeout: patience }, async () => {
    await using school = await liveSchool({ clock: hasty });
    const one = await view(school, { acknowledge: false });
    await plays(one);
    await over(one);
    await nothingLeft(school);
  });

  test.each(['udp', 'tcp-active', 'tcp-passive'] as const)(
    '(%s) a lost BYE: a receiver that is gone ends its call',
    { timeout: patience },
    async (transport) => {
      await using school = await liveSchool({ clock: hasty });
      const one = await view(school, { transport });
      await plays(one);
      one.receiver.hangUp();
      await over(one);
      await nothingLeft(school);
    },
  );

  test('a platform that never connects is told', { timeout: patience }, async () => {
    await using school = await liveSchool();
    const one = await view(school, { body: writeGbSession(offerOf(1)) });
    expect(one.status).toBe(200);
    await over(one);
    await nothingLeft(school);
  });

  test('a camera that falls silent ends the call', { timeout: patience }, async () => {
    await using school = await liveSchool();
    const one = await view(school);
    await plays(one);
    school.camera.mute(true);
    await over(one);
    expect(await school.receivers()).toBe(0);
  });

  test('the same stream asked for again is the old one released', async () => {
    await using school = await liveSchool();
    const first = await view(school, { ssrc: 200_000_777 });
    await plays(first);
    const second = await view(school, { ssrc: 200_000_777 });
    await over(first);
    await plays(second);
    expect(await school.receivers()).toBe(1);
    for (const one of [first, second]) await one[Symbol.asyncDispose]();
    await nothingLeft(school);
  });

  test('a re-INVITE for the same is a refresh, for anything else it is refused, and the play goes on', async () => {
    await using school = await liveSchool();
    const one = await view(school);
    await plays(one);
    const ask = (offer: object) =>
      one.call!.dialog.request('INVITE', { body: { type: 'APPLICATION/SDP', content: writeGbSession({ ...one.offer, ...offer }) } }, never);
    const [same, other] = [await ask({}), await ask({ port: 4_000 })];
    expect([same.status, other.status]).toEqual([200, 488]);
    expect(parseGbSession(same.body)).toEqual(one.answer);
    await plays(one, one.receiver.frames.length + 10);
    expect(one.receiver.complaints).toEqual([]);
    await one[Symbol.asyncDispose]();
    await nothingLeft(school);
  });

  test('what steers a recording (T11) is heard in every spelling, and changes nothing of what is shown', async () => {
    await using school = await liveSchool();
    await using one = await view(school);
    await plays(one);
    const scales = ['2.000000', '2.0', '2', '-1'].map((scale) => `PLAY RTSP/1.0\r\nCSeq: 2\r\nScale: ${scale}\r\n\r\n`);
    const ranges = ['now-', '100-', '0.000-', '10-20'].map((range) => `PLAY RTSP/1.0\r\nCSeq: 3\r\nRange: npt=${range}\r\n\r\n`);
    for (const content of [...scales, ...ranges, 'PAUSE RTSP/1.0\r\nCSeq: 4\r\nPauseTime: now\r\n\r\n']) {
      const { status } = await one.call!.dialog.request('INFO', { body: { type: 'Application/MANSRTSP', content } }, never);
      expect(status, content).toBe(200);
    }
    await plays(one, one.receiver.frames.length + 10);
    expect(one.receiver.complaints).toEqual([]);
  });

  test('a platform that has restarted, and answers 481, has no calls any more', { timeout: patience }, async () => {
    await using school = await liveSchool({ clock: hasty });
    const forgotten = await view(school, { asked: (asked) => asked.answer(481) });
    const known = await view(school, { code: codeOf('yard') });
    await plays(forgotten);
    await plays(known);
    school.registrar.registered = false;
    await until(async () => (await school.receivers()) === 1, patience);
    await plays(known, known.receiver.frames.length + 20);
    for (const one of [forgotten, known]) await one[Symbol.asyncDispose]();
    await nothingLeft(school);
  });

  test('an uplink that ends takes its plays with it', async () => {
    const school = await liveSchool();
    const one = await view(school);
    await plays(one);
    await school.box[Symbol.asyncDispose]();
    await until(async () => (await school.receivers()) === 0, patience);
    await one.receiver[Symbol.asyncDispose]();
    await school[Symbol.asyncDispose]();
  });
});
