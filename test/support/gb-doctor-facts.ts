/** Facts for the doctor of police links, without a network: nothing is wrong, unless a test says else. */

import { diagnose } from '../../adapters/uplinks/gb28181/doctor/diagnose.ts';
import type { DoctorFacts, SeenOnTheWire } from '../../adapters/uplinks/gb28181/doctor/facts.ts';
import { gb28181 } from '../../adapters/uplinks/gb28181/index.ts';
import { instant, millis, minutes, seconds } from '../../gateway/domain/time.ts';
import { device, server } from './gb-registrar.ts';

export const settings = gb28181.config.parse({
  platform: { code: server, address: '192.0.2.10' },
  codes: { device, channels: { gate: '34020000001320000001' } },
});
const nothing: SeenOnTheWire = {
  ...{ registers: [], servers: [server], algorithms: [], schemes: [], usOverUdp: [], otherContacts: [] },
  ...{ callers: [], called: [], asked: [], told: [], alarmResults: [], refusedByUs: [], views: [] },
};
export const since = instant(1_764_115_200_000);
const up = { status: { state: 'up', since }, trouble: { kind: 'opening' } } as const;
export const downBy = (trouble: DoctorFacts['trouble']) => ({ status: { state: 'down', since }, trouble }) as const;
export const refusedBy = (status: number, reason = '') => downBy({ kind: 'refused', status, reason });

export function findings(facts: Partial<Omit<DoctorFacts, 'seen'>>, seen: Partial<SeenOnTheWire> = {}) {
  const usual: DoctorFacts = { settings, password: 'there', ...up, own: '192.0.2.20', strangers: [], seen: { ...nothing, ...seen } };
  return diagnose({ ...usual, ...facts });
}
export const first = (...args: Parameters<typeof findings>) => findings(...args)[0]!.sentence;

type Told = SeenOnTheWire['told'][number];
/** `ago` in s. */
export const told = (what: string, bytes: number, status: number | undefined, ago: number, chinese = false): Told => ({
  ...{ what, bytes, status, chinese },
  age: millis(ago * 1_000),
});

/** Other settings. */
export const set = (changes: Readonly<Record<string, unknown>>) => ({ settings: gb28181.config.parse({ ...settings, ...changes }) });

/** A registration that did not last, `ago` in s. */
export const lost = (kind: 'lost' | 'closed', ago: number) => ({
  ...{ at: since, age: seconds(ago), lasted: seconds(30) },
  trouble: kind === 'lost' ? ({ kind, misses: 3 } as const) : ({ kind, said: 'closed the connection.' } as const),
});
export const moved = (to: string, ago: number) => ({ ...lost('lost', ago), trouble: { kind: 'moved', to } as const });

/** A link that has been up for a while, and whose platform asks what platforms ask. */
export const well = { lasts: minutes(10), heardAll: true } as const;
export const asks: Partial<SeenOnTheWire> = {
  callers: [{ user: server, address: '192.0.2.10' }],
  asked: [{ what: 'Query Catalog', code: device, subscribes: false }],
};
