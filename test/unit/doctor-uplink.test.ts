/** `campus-gateway doctor uplink NAME` against a running gateway. */
import { expect, test } from 'vitest';
import { examineUplink } from '../../gateway/commands/doctor-uplink.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { parseConfig } from '../../gateway/runtime/config.ts';
import { school } from '../support/http-school.ts';

const configAt = (folder: string, port: number) =>
  parseConfig(JSON.stringify({ dataFolder: folder, http: { address: '127.0.0.1', port } }), '/nowhere/gateway.yaml', {});

test('is let in by the token of the data folder, and tells what the doctor says', async () => {
  await using campus = await school();
  const { sentence } = await examineUplink(configAt(campus.folder, campus.port), 'police', systemClock);
  expect(sentence).toEqual({ zh: '正常。', en: 'All is well.' });
});

test('says that there is no such uplink', async () => {
  await using campus = await school();
  await expect(examineUplink(configAt(campus.folder, campus.port), 'nobody', systemClock)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('gives the token to nobody who shows another certificate', async () => {
  await using campus = await school();
  await using other = await school();
  await expect(examineUplink(configAt(campus.folder, other.port), 'police', systemClock)).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
});

test('says that no gateway has run yet where there is no data', async () => {
  const asked = examineUplink(configAt('/nowhere/data', 1), 'police', systemClock);
  await expect(asked).rejects.toMatchObject({
    code: 'CONFIG_UNREADABLE',
    message: expect.stringContaining('No gateway has run with data folder /nowhere/data yet'),
  });
});
