/** The police fetches what an alarm is shown with: by the links of its deliveries, over HTTPS, with no account; and checks it by its hash. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { webhook } from '../../adapters/uplinks/webhook.ts';
import { runDispatcher } from '../../gateway/delivery/dispatcher.ts';
import type { Attachment, DeliveryBody } from '../../gateway/domain/delivery.ts';
import { channelId } from '../../gateway/domain/ids.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import { Secret } from '../../gateway/domain/secret.ts';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import { silentLogger as log } from '../../gateway/runtime/logger.ts';
import { Scope } from '../../gateway/runtime/scope.ts';
import { context, policeSide, sharedSecret } from '../contract/uplink.ts';
import { eventually } from '../support/eventually.ts';
import { openEvidenceSchool } from '../support/evidence-school.ts';
import { school } from '../support/http-school.ts';
import { openTestCamera } from '../support/rtsp-camera.ts';
import { freshFolder, police } from '../support/spine.ts';

const gate = channelId('gate');
/** A disk that is busy with other tests is not slow. */
const patient: Clock = { ...clock, sleep: (length, signal) => clock.sleep(millis(length * 20), signal) };

test('an alarm goes first, with links that open by themselves; its still and its clip follow, whole and with their hashes', async () => {
  await using scope = new Scope();
  await using camera = await openTestCamera();
  await using side = await policeSide();
  await using box = await openEvidenceSchool({
    ...{ folder: freshFolder(scope), channels: [gate], url: () => camera.url, worker: false },
    recipients: [police],
  });
  await using pages = await school({ evidence: box.keeper });
  await eventually(async () => expect(await box.ringsReach(2_500)).toBe(true));
  const uplink = webhook.create(
    { id: police, name: 'police', adapter: 'webhook', settings: {}, secret: new Secret(sharedSecret), enabled: true },
    webhook.config.parse({ url: side.webhook!.url, evidenceAddress: 'https://school.example', evidenceStillBytes: 100_000 }),
    { ...context, clock: patient, door: { ...context.door, evidence: box.keeper } },
  );
  const ending = new AbortController();
  const lives = [uplink.run(ending.signal), runDispatcher({ uplink, outbox: box.journal.outbox, clock, log }, ending.signal)];
  scope.defer(async () => {
    ending.abort();
    await Promise.all(lives);
  });

  await box.press([gate]);
  const told = () => side.ledger().map(({ body }) => JSON.parse(body) as DeliveryBody);
  await eventually(() => expect(told().map(({ event }) => event.kind)).toEqual(['alarm.raised', 'evidence.kept', 'evidence.kept']), seconds(30));
  const [alarm, ...rest] = told().map(({ attachments = [] }) => attachments);
  expect(alarm!.map(({ medium }) => medium)).toEqual(['still', 'clip']);
  const kept = rest.flat();

  const fetched = async ({ url = '' }: Attachment) => (await pages.call('GET', url.replace('https://school.example', ''))).bytes;
  for (const piece of kept) {
    const bytes = await fetched(piece);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(piece.sha256);
    expect(bytes.length).toBe(piece.bytes);
    // The link of the alarm itself opens the same.
    expect((await fetched(alarm!.find(({ evidence }) => evidence === piece.evidence)!)).equals(bytes)).toBe(true);
  }
  const still = kept.find(({ medium }) => medium === 'still')!;
  expect(Buffer.from(still.base64!, 'base64').equals(await fetched(still))).toBe(true);
  const readers = box.journal.read.events({ limit: 100, kinds: ['evidence.fetched'] });
  expect(readers.map(({ event }) => (event.kind === 'evidence.fetched' ? event.by : ''))).toEqual([{ uplink: police }, { uplink: police }]);
}, 60_000);
