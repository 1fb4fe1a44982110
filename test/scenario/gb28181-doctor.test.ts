/** The doctor of police links, asked as a technician would: a while after power-on, through its public interface. */
import { appendFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { seconds } from '../../gateway/domain/time.ts';
import type { UplinkExamination } from '../../gateway/domain/uplink-ports.ts';
import { type DoctorCase, World } from '../support/gb-doctor-world.ts';
import { doctorCases } from './gb28181-doctor-cases.ts';
import { engineerCases } from './gb28181-doctor-engineer-cases.ts';
import { fieldCases } from './gb28181-doctor-field-cases.ts';
import { fourthCases } from './gb28181-doctor-fourth-cases.ts';
import { thirdCases } from './gb28181-doctor-third-cases.ts';

/** One is enough for every day; `DOCTOR_SEEDS=2,3,4` for more, and for cases that ask addresses beyond this machine. */
const wanted = process.env.DOCTOR_SEEDS;
const seeds = (wanted ?? '1').split(',').map(Number);
const cases = [...doctorCases, ...fieldCases, ...thirdCases, ...fourthCases, ...engineerCases].filter(
  ({ outside }) => wanted !== undefined || !outside,
);

async function asked({ after = 45, make }: DoctorCase, seed: number) {
  await using world = new World(seed);
  const made = await make(world);
  await world.pass(seconds(after));
  let examination: UplinkExamination | undefined;
  let failure: unknown;
  made.uplink.examine(new AbortController().signal).then(
    (found) => {
      examination = found;
    },
    (error: unknown) => {
      failure = error;
    },
  );
  await world.until(() => examination !== undefined || failure !== undefined);
  if (!examination) throw failure;
  return { made, sentence: examination.sentence };
}

test.concurrent.each(cases.flatMap((each) => seeds.map((seed) => [each.name, seed, each] as const)))(
  'the first sentence names the true cause: %s, seed %i',
  { timeout: 300_000 },
  async (name, seed, each) => {
    const { made, sentence } = await asked(each, seed);
    const { zh, en, never = /(?!)/ } = each.named(made);
    const right = zh.every((word) => word.test(sentence.zh)) && en.every((word) => word.test(sentence.en));
    const blamed = never.test(sentence.zh) || never.test(sentence.en);
    const report = process.env.DOCTOR_REPORT;
    if (report) appendFileSync(report, `${JSON.stringify({ name, seed, right: right && !blamed, ...sentence })}\n`);
    expect({ right, blamed, ...sentence }).toEqual({ ...sentence, right: true, blamed: false });
  },
);
