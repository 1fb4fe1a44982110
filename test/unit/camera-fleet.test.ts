/** The fleet of cameras on a clock that is moved by hand, with an adapter that does as it is told. */
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../gateway/domain/errors.ts';
import { cameraId } from '../../gateway/domain/ids.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { instant, minutes, seconds } from '../../gateway/domain/time.ts';
import { cameraNamed, fleetOf, gate, streamOf } from '../support/camera-fleet.ts';

describe('a camera that comes and goes', () => {
  test('is connected, and says what it is', async () => {
    await using one = await fleetOf([cameraNamed('gate')]);
    expect(one.fleet.status(gate)).toMatchObject({ connection: 'connected', model: 'C-1', clockOffset: 7, profiles: ['main: n H264 640×360'] });
    await one.clock.advance(seconds(5));
    expect(one.fleet.status(gate)).toMatchObject({ clockOffset: 9 });
    expect((one.fleet.status(gate)?.answeredAt ?? 0) - instant(1_760_000_000_000)).toBeGreaterThanOrEqual(3_000);
    one.seen.tellsTime = false; // what was measured once is not true for ever
    await one.clock.advance(seconds(5));
    expect(one.fleet.status(gate)?.clockOffset).toBeUndefined();
  });

  test.each(['off', 'silent'] as const)('and goes %s: seen within 10 s, back within 5 s of its return', async (how) => {
    await using one = await fleetOf([cameraNamed('gate')]);
    await one.clock.advance(seconds(4.1)); // just after a probe: the worst moment
    one.seen.behaviour = how;
    await one.clock.advance(seconds(9));
    expect(one.state()).toBe('unreachable');
    expect(one.fleet.status(gate)?.sentence?.zh).toBe('摄像机没有应答。');
    await one.clock.advance(minutes(10));
    expect(one.state()).toBe('unreachable');
    one.seen.behaviour = 'well';
    await one.clock.advance(how === 'off' ? seconds(4) : seconds(14));
    expect(one.state()).toBe('connected');
  });

  test('answers nonsense: failed, in its own words, and tried again', async () => {
    await using one = await fleetOf([cameraNamed('gate')], 'nonsense');
    expect(one.fleet.status(gate)).toMatchObject({
      connection: 'failed',
      sentence: { zh: '摄像机的应答无法理解。', en: 'Camera gate answered with <html>.' },
    });
    one.seen.behaviour = 'well';
    await one.clock.advance(seconds(8));
    expect(one.state()).toBe('connected');
  });

  test('is told of to whoever follows, once per change', async () => {
    await using one = await fleetOf([cameraNamed('gate')]);
    const leaving = new AbortController();
    const heard: string[] = [];
    const following = (async () => {
      for await (const { connection } of one.fleet.changes(leaving.signal)) heard.push(connection);
    })();
    one.seen.behaviour = 'off';
    await one.clock.advance(minutes(1));
    one.seen.behaviour = 'well';
    await one.clock.advance(minutes(1));
    leaving.abort();
    await following;
    expect(heard).toEqual(['unreachable', 'connected']);
  });
});

describe('a wrong password', () => {
  test('is tried once, then not for five minutes', async () => {
    await using one = await fleetOf([cameraNamed('gate')], 'wrong password');
    expect(one.state()).toBe('refused-credentials');
    await one.clock.advance(minutes(4.8));
    expect(one.seen.connects).toBe(1);
    await one.clock.advance(minutes(0.3));
    expect(one.seen.connects).toBe(2);
    await one.clock.advance(minutes(4.8));
    expect(one.seen.connects).toBe(2);
  });

  test('is tried again at once when the credentials change, and not for any other edit', async () => {
    await using one = await fleetOf([cameraNamed('gate')], 'wrong password');
    one.school.replace([cameraNamed('gate', { name: 'Gate 2' })]);
    await one.clock.advance(seconds(1));
    one.school.replace([]);
    await one.clock.advance(seconds(1));
    one.school.replace([cameraNamed('gate')]);
    await one.clock.advance(seconds(10));
    expect(one.seen.connects).toBe(1);
    expect(one.state()).toBe('refused-credentials');
    one.seen.behaviour = 'well';
    one.school.replace([cameraNamed('gate', { credentials: { username: 'gateway', password: new Secret('new') } })]);
    await one.clock.advance(seconds(1));
    expect(one.state()).toBe('connected');
  });

  test('changed at the camera while it is connected: the next probe ends the session', async () => {
    await using one = await fleetOf([cameraNamed('gate')]);
    one.seen.behaviour = 'wrong password';
    await one.clock.advance(minutes(4));
    expect(one.state()).toBe('refused-credentials');
    expect([one.seen.connects, one.seen.probes, one.seen.open]).toEqual([1, 1, 0]);
    await expect(one.fleet.streamAddress('gate', 'main')).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
  });

  test('is tried again after five minutes however often a viewer asks for the stream meanwhile', async () => {
    await using one = await fleetOf([cameraNamed('gate')], 'wrong password');
    for (let second = 0; second < 306; second += 5) {
      await expect(one.fleet.streamAddress('channel-gate', 'main')).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
      await one.clock.advance(seconds(5));
    }
    expect(one.seen.connects).toBe(2);
  });

  test('that an answer for a stream tells ends the session, and nobody tries it again', async () => {
    await using one = await fleetOf([cameraNamed('gate')]);
    one.seen.behaviour = 'wrong password';
    await expect(one.fleet.streamAddress('gate', 'main')).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
    await one.clock.advance(minutes(4));
    expect([one.state(), one.seen.connects, one.seen.probes, one.seen.open]).toEqual(['refused-credentials', 1, 0, 0]);
  });
});

describe('a stream that refuses the password which the camera takes', () => {
  const refused = streamOf('main', { state: 'failed', code: 'CAMERA_CREDENTIALS' });

  test('is told, and its address is not given again for five minutes, while the camera itself stays connected', async () => {
    await using one = await fleetOf([cameraNamed('gate')]);
    await one.fleet.streamAddress('channel-gate', 'main');
    one.seen.streams = [refused];
    await one.clock.advance(seconds(1));
    expect(one.fleet.status(gate)).toMatchObject({ connection: 'connected', streamRefused: true });
    for (let second = 1; second < 300; second += 5) {
      await expect(one.fleet.streamAddress('channel-gate', 'main')).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
      await one.clock.advance(seconds(5));
    }
    expect(one.seen.addresses).toBe(1);
    await one.clock.advance(seconds(1));
    await one.fleet.streamAddress('channel-gate', 'main');
    expect([one.seen.addresses, one.seen.connects]).toEqual([2, 1]);
  });

  test('stays told when nobody watches any more or the camera was away, until a stream plays', async () => {
    await using one = await fleetOf([cameraNamed('gate')]);
    await one.fleet.streamAddress('channel-gate', 'main');
    one.seen.streams = [refused];
    await one.clock.advance(seconds(1));
    one.seen.streams = [];
    one.seen.behaviour = 'off';
    await one.clock.advance(minutes(1));
    one.seen.behaviour = 'well';
    await one.clock.advance(minutes(5));
    expect(one.fleet.status(gate)).toMatchObject({ connection: 'connected', streamRefused: true });
    await one.fleet.streamAddress('channel-gate', 'main');
    one.seen.streams = [streamOf('main', { state: 'playing' })];
    await one.clock.advance(seconds(1));
    expect(one.fleet.status(gate)?.streamRefused).toBe(false);
  });

  test('is forgotten at once when the credentials change', async () => {
    await using one = await fleetOf([cameraNamed('gate')]);
    await one.fleet.streamAddress('channel-gate', 'main');
    one.seen.streams = [refused];
    await one.clock.advance(seconds(1));
    one.seen.streams = [];
    one.school.replace([cameraNamed('gate', { credentials: { username: 'gateway', password: new Secret('new') } })]);
    await one.clock.advance(seconds(1));
    expect(one.fleet.status(gate)?.streamRefused).toBeUndefined();
    await one.fleet.streamAddress('channel-gate', 'main');
  });

  test('is not made up from what the fleet itself refused the media plane', async () => {
    await using one = await fleetOf([cameraNamed('gate')], 'wrong password');
    await expect(one.fleet.streamAddress('channel-gate', 'main')).rejects.toMatchObject({ code: 'CAMERA_CREDENTIALS' });
    one.seen.streams = [refused];
    one.seen.behaviour = 'well';
    one.school.replace([cameraNamed('gate', { credentials: { username: 'gateway', password: new Secret('new') } })]);
    await one.clock.advance(seconds(4));
    expect(one.fleet.status(gate)).toMatchObject({ connection: 'connected' });
    expect(one.fleet.status(gate)?.streamRefused).toBeUndefined();
  });
});

describe('a certificate', () => {
  const pinned = (fingerprint256: string) => cameraNamed('gate', { address: 'https://gate/onvif', fingerprint256 });

  test('that nobody has confirmed is told with its fingerprint, and one that changed is told apart', async () => {
    await using first = await fleetOf([cameraNamed('gate', { address: 'https://gate/onvif' })], 'wrong certificate');
    expect(first.fleet.status(gate)).toMatchObject({ connection: 'untrusted', code: 'CAMERA_CERTIFICATE' });
    expect(first.fleet.status(gate)?.sentence).toMatchObject({
      zh: expect.stringMatching(/没有人确认过.*AB:CD/),
      en: expect.stringMatching(/Nobody.*AB:CD/),
    });
    await using changed = await fleetOf([pinned('00')], 'wrong certificate');
    expect(changed.fleet.status(gate)?.sentence).toMatchObject({
      zh: expect.stringMatching(/变了.*AB:CD/),
      en: expect.stringMatching(/changed.*AB:CD/),
    });
  });

  test('that does not fit is looked at about once a minute, and at once when another is confirmed', async () => {
    await using one = await fleetOf([pinned('00')], 'wrong certificate');
    await one.clock.advance(minutes(10));
    expect(one.seen.connects).toBeLessThan(20);
    await expect(one.fleet.streamAddress('gate', 'main')).rejects.toMatchObject({ code: 'CAMERA_CERTIFICATE' });
    one.seen.behaviour = 'well';
    one.school.replace([pinned('AB:CD')]);
    await one.clock.advance(seconds(1));
    expect(one.state()).toBe('connected');
  });
});

describe('asking a camera', () => {
  test('by channel or by its own id, where it is connected', async () => {
    await using one = await fleetOf([cameraNamed('gate')]);
    const address = { camera: 'gate', profile: 'main', url: 'rtsp://gate/1', username: 'gateway', password: 'right' };
    expect(await one.fleet.streamAddress('channel-gate', 'main')).toEqual(address);
    expect(await one.fleet.streamAddress('gate', 'main')).toEqual(address);
    expect(await one.fleet.perform(gate, { op: 'ptz-stop', profile: 'main' })).toEqual({ ok: true });
  });

  test('for a keyframe is done as often as somebody waits, and never again where it has none to give', async () => {
    await using one = await fleetOf([cameraNamed('gate')]);
    for (let turn = 0; turn < 2; turn += 1) {
      one.fleet.askKeyframe('channel-gate', 'main');
      one.fleet.askKeyframe('channel-gate', 'main'); // it is being asked
      await one.clock.advance(seconds(1));
    }
    expect(one.seen.performs).toBe(2);
    one.seen.tellsNothing = true;
    for (let turn = 0; turn < 3; turn += 1) {
      one.fleet.askKeyframe('channel-gate', 'main');
      await one.clock.advance(seconds(1));
    }
    expect(one.seen.performs).toBe(3);
    one.fleet.askKeyframe('nobody', 'main');
    expect(one.state()).toBe('connected');
  });

  test('that is not there says why', async () => {
    await using one = await fleetOf([cameraNamed('gate'), cameraNamed('off', { enabled: false })], 'off');
    await expect(one.fleet.streamAddress('gate', 'main')).rejects.toMatchObject({
      code: 'CAMERA_UNREACHABLE',
      message: 'Camera gate is not connected: The camera does not answer.',
    });
    await expect(one.fleet.streamAddress('nobody', 'main')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(one.fleet.streamAddress('off', 'main')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('that falls silent ends within 10 s', async () => {
    await using one = await fleetOf([cameraNamed('gate')]);
    one.seen.behaviour = 'silent';
    const asked = expect(one.fleet.streamAddress('gate', 'main')).rejects.toMatchObject({ code: 'CAMERA_UNREACHABLE' });
    await one.clock.advance(seconds(10));
    await asked;
  });
});

describe('the inventory', () => {
  test('adds, changes, switches off and removes cameras while it runs', async () => {
    await using one = await fleetOf([]);
    one.school.replace([cameraNamed('gate'), cameraNamed('yard')]);
    await one.clock.advance(seconds(1));
    expect(one.fleet.statuses().map(({ connection }) => connection)).toEqual(['connected', 'connected']);
    one.school.replace([cameraNamed('gate', { address: 'http://other/onvif' }), cameraNamed('yard', { name: 'Yard 2' })]);
    await one.clock.advance(seconds(1));
    expect([one.seen.connects, one.seen.open]).toEqual([3, 2]); // only the one whose address changed was connected anew
    one.school.replace([cameraNamed('gate', { address: 'http://other/onvif', enabled: false })]);
    await one.clock.advance(seconds(1));
    expect([one.fleet.statuses(), one.seen.open]).toEqual([[], 0]);
  });

  test('with settings or an adapter that do not fit: failed in words, not tried again until changed', async () => {
    await using one = await fleetOf([cameraNamed('gate', { settings: { nonsense: 1 } }), cameraNamed('yard', { adapter: 'kodak' })]);
    await one.clock.advance(minutes(10));
    expect(one.fleet.statuses().map(({ connection, sentence }) => [connection, sentence?.zh])).toEqual([
      ['failed', '摄像机的设置不正确。'],
      ['failed', '摄像机的设置不正确。'],
    ]);
    expect(one.fleet.status(cameraId('yard'))?.sentence?.en).toContain('there are fake');
    one.school.replace([cameraNamed('gate')]);
    await one.clock.advance(seconds(1));
    expect(one.state()).toBe('connected');
  });

  test('with a password that this box cannot read says so', async () => {
    const unreadable = Secret.unreadable(new GatewayError('SECRET_UNREADABLE', 'The password of gate was sealed by another box.'));
    await using one = await fleetOf([cameraNamed('gate', { credentials: { username: 'gateway', password: unreadable } })]);
    expect(one.state()).toBe('connected'); // this adapter does not look at it
  });
});
