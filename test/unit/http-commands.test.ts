/** Commands to panels over HTTP: what comes back, who may, and what is refused before anybody is told. */
import { expect, test } from 'vitest';
import { school } from '../support/http-school.ts';

const panel = '/api/v1/panels/gate-panel/commands';

test('a command answers with what became of it, and carries who gave it and why', async () => {
  await using campus = await school();
  const cookie = await campus.signIn('operator');
  const { id } = campus.inventory.users().find(({ name }) => name === 'operator')!;
  const answer = await campus.call('POST', `${panel}/disarm`, { cookie, body: { reason: 'Parents’ evening', partition: 'hall' } });
  expect([answer.status, answer.json]).toMatchObject([200, { outcome: 'unknown', words: { zh: '已发送。' } }]);
  expect(campus.commanded).toEqual([`gate-panel disarm by ${id}: Parents’ evening`]);
  expect((await campus.call('GET', panel, { cookie })).json).toMatchObject({ orders: ['arm', 'disarm', 'bypass', 'sync'], armed: {}, commands: [] });
});

test('only those who answer for the school arm, disarm and sound the siren; a technician bypasses; every command says why', async () => {
  await using campus = await school();
  const said = async (role: 'operator' | 'technician' | 'viewer', op: string, body: object) =>
    (await campus.call('POST', `${panel}/${op}`, { cookie: await campus.signIn(role), body })).status;
  const reason = 'Maintenance';
  for (const op of ['arm', 'disarm', 'siren', 'reset']) expect([op, await said('technician', op, { reason })]).toEqual([op, 403]);
  expect(await said('viewer', 'sync', { reason })).toBe(403);
  expect(await said('technician', 'bypass', { reason, zone: 'z1' })).toBe(200);
  expect(await said('operator', 'disarm', {})).toBe(400);
  expect(await said('operator', 'disarm', { reason, partition: 'a/#' })).toBe(400);
  expect(await said('operator', 'disarm', { reason, seconds: 3_600 })).toBe(400);
  expect(await said('operator', 'received', { reason, zone: 'z1' })).toBe(404);
});
