/**
 * Certificates end while the gateway runs: its own, which panels look at, the platform's, which it looks at, both. Whoever is connected must come
 * again, and cannot, until a new certificate lies there. Nobody starts the gateway again.
 */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { millis, seconds } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { eventOf } from '../../simulators/platform/behaviour.ts';
import { openAuthority, type Pair } from '../support/authority.ts';
import { type Figure, figuresOf, mostOf } from '../support/measure-figures.ts';
import { noneOf } from '../support/measure-promise.ts';
import { openMeasuredSchool } from '../support/measure-school.ts';
import { episodes } from './episodes.ts';
import { type Campaign, schoolFor } from './kill.ts';

/** Long enough to be taken up and shown, ms. */
const lastsAfterShown = 2_000;
const takenUpWithin = 15_000;
const year = 365 * 24 * 3_600_000;

export async function expiredCertificates(campaign: Campaign): Promise<readonly Figure[]> {
  const { seed } = campaign;
  const folder = mkdtempSync(join(tmpdir(), 'campus-certificates-'));
  try {
    return await inFolder(folder, campaign, seed);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function inFolder(folder: string, campaign: Campaign, seed: number): Promise<readonly Figure[]> {
  const authority = await openAuthority();
  const files = { certificate: join(folder, 'chain.pem'), key: join(folder, 'key.pem'), authority: join(folder, 'authority.pem') };
  writeFileSync(files.authority, authority.cert);
  const put = ({ cert, key }: Pair) => {
    for (const [file, text] of [[files.certificate, cert] as const, [files.key, key] as const]) {
      writeFileSync(`${file}.new`, text, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    }
  };
  const lasting = (name: string) => authority.issue(name, { to: Date.now() + year });
  put(await lasting('the box'));
  await using school = await openMeasuredSchool({
    lines: true,
    tls: { ...files, trusted: authority.cert, platform: await lasting('the platform') },
    ...schoolFor(campaign),
  });
  const port = Number(new URL(school.gateway.broker).port);
  const takenUpAfter: number[] = [];
  /** Resolves once the gateway shows it. */
  const shown = async (pair: Pair) => {
    const began = systemClock.monotonic();
    put(pair);
    const limit = began + (campaign.broken ? 8_000 : 60_000);
    while (systemClock.monotonic() < limit && (await certificateAt(port)) !== pair.cert.replace(/\s/g, '')) await systemClock.sleep(millis(100));
    takenUpAfter.push(systemClock.monotonic() - began);
  };
  let next = seed;
  let met = 0;
  let ends = new Map<string, number>();
  const awaited: (readonly [string, string])[] = [];
  const { rows, lasted } = await episodes(school, campaign, {
    perSecond: 50,
    async begin() {
      // In turn the gateway's, the platform's, both.
      const whose = ['own-certificate', 'uplink-certificate'].filter((_, index) => next % 3 === 2 || next % 3 === index);
      next += 1;
      ends = new Map();
      if (whose.includes('own-certificate')) {
        // It may take until its next look to be shown, and must not have ended by then.
        const to = Math.ceil((Date.now() + 6_000) / 1_000) * 1_000;
        await shown(await authority.issue('the box', { to }));
        ends.set('own-certificate', to);
      }
      if (whose.includes('uplink-certificate')) {
        const to = Math.ceil((Date.now() + lastsAfterShown) / 1_000) * 1_000;
        school.door?.show(await authority.issue('the platform', { to }));
        ends.set('uplink-certificate', to);
      }
      await systemClock.sleep(millis(Math.max(0, ...[...ends.values()].map((to) => to - Date.now())) + 1_100));
      for (const [fault, to] of ends) awaited.push([fault, new Date(to).toISOString().slice(0, 10)]);
      // All that is connected comes again.
      if (ends.has('own-certificate')) school.lines[0]?.cut();
      school.lines[0]?.mend();
      school.door?.drop();
      met += ends.size;
    },
    async end() {
      if (ends.has('own-certificate')) await shown(await lasting('the box'));
      if (ends.has('uplink-certificate')) school.door?.show(await lasting('the platform'));
    },
    met: () => met,
    acknowledgedWithin: 60_000,
  });
  const told = school.arrivals.flatMap(({ row }) => {
    const event = eventOf(row.body);
    return event?.kind === 'fault.raised' ? [JSON.stringify(event)] : [];
  });
  const untold = awaited.filter(([fault, date]) => !told.some((text) => text.includes(`"${fault}"`) && text.includes(date)));
  return figuresOf({ test: 'chaos certificate: own, platform, both', dose: lasted, seed }, [
    ...rows,
    noneOf('certificates that ended and no fault named it with its date', untold.length),
    { metric: 'a new certificate shown after it was put there, most', value: mostOf(takenUpAfter), unit: 'ms', limit: takenUpWithin },
  ]);
}

/** What is shown at that port, as PEM without spaces; empty where nobody answers. */
function certificateAt(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      const raw = socket.getPeerCertificate().raw;
      socket.destroy();
      resolve(`-----BEGINCERTIFICATE-----${raw?.toString('base64') ?? ''}-----ENDCERTIFICATE-----`);
    });
    socket.on('error', () => resolve(''));
    systemClock.sleep(seconds(2)).then(() => {
      socket.destroy();
      resolve('');
    });
  });
}
