/** When something at a camera begins and ends (onvif-rtsp §2.3, rules 5 to 8). */
import { expect, test } from 'vitest';
import type { EventReading } from '../../../adapters/cameras/onvif/event-reading.ts';
import { EventStates } from '../../../adapters/cameras/onvif/event-states.ts';

const reading = (kind: EventReading['kind'], active: boolean, more: Partial<EventReading> = {}): EventReading => ({
  ...{ kind, topic: 't', source: '', instance: 'one', how: 'turned', active },
  ...more,
});

/** What is said at each second, as `second state`. */
function course(script: readonly (readonly [number, EventReading])[], until: number) {
  const states = new EventStates();
  const said: string[] = [];
  const questions: number[] = [];
  for (let second = 0; second <= until; second += 1) {
    for (const [at, heard] of script) {
      const finding = at === second ? states.hear(heard, second * 1_000) : undefined;
      if (finding) said.push(`${second} ${finding.state}`);
    }
    for (const { state } of states.due(second * 1_000)) said.push(`${second} ${state}`);
    if (states.takeQuestion(second * 1_000)) questions.push(second);
    const next = states.next();
    // Whoever sleeps until then must not wake at once for ever.
    if (next !== undefined) expect(next).toBeGreaterThan(second * 1_000);
  }
  return { said, questions };
}

test('a pulse ends 8 s after the last of its kind', () => {
  const crossed = reading('line', true, { how: 'happened' });
  expect(
    course(
      [
        [1, crossed],
        [5, crossed],
        [30, crossed],
      ],
      40,
    ).said,
  ).toEqual(['1 raised', '13 restored', '30 raised', '38 restored']);
});

test('motion on two topics begins with the first, ends with the last, and goes on when it begins anew within 2 s', () => {
  const [a, b] = ['a', 'b'].map((instance) => (active: boolean) => reading('motion', active, { instance }));
  const script = [
    [1, a!(true)],
    [2, b!(true)],
    [3, a!(false)],
    [4, b!(false)],
    [5, a!(true)],
    [9, a!(false)],
  ] as const;
  expect(course(script, 20).said).toEqual(['1 raised', '11 restored']);
});

test('an input is let go at once, and pressed again at once', () => {
  expect(
    course(
      [
        [1, reading('input', true)],
        [1, reading('input', true)],
        [2, reading('input', false)],
        [2, reading('input', true)],
      ],
      5,
    ).said,
  ).toEqual(['1 raised', '2 restored', '2 raised']);
});

test('an input that is never let go is asked about after 60 s, and counts as let go where no answer comes', () => {
  const pressed = reading('input', true);
  expect(
    course(
      [
        [1, pressed],
        [120, pressed],
      ],
      130,
    ),
  ).toEqual({ said: ['1 raised', '91 restored', '120 raised'], questions: [61] });
  const told = reading('input', true, { how: 'told' });
  expect(
    course(
      [
        [1, pressed],
        [62, told],
      ],
      300,
    ),
  ).toEqual({ said: ['1 raised'], questions: [61] });
});

test('motion that never ends is asked about once, and stands', () => {
  expect(course([[1, reading('motion', true)]], 1_000)).toEqual({ said: ['1 raised'], questions: [301] });
});

test('a state that is told begins nothing, turning so does', () => {
  const told = (active: boolean) => reading('motion', active, { how: 'told' });
  expect(
    course(
      [
        [1, told(true)],
        [2, told(true)],
        [3, reading('motion', true)],
      ],
      10,
    ).said,
  ).toEqual(['1 still', '3 raised']);
  expect(
    course(
      [
        [1, told(false)],
        [2, told(false)],
        [3, told(true)],
      ],
      10,
    ).said,
  ).toEqual(['1 quiet', '3 still']);
});

test('what the camera does not name after a gap is no more; what it names goes on', () => {
  const states = new EventStates();
  const inside = (instance: string) => reading('field', true, { instance, source: instance });
  states.hear(inside('7'), 0);
  states.hear(inside('8'), 0);
  states.unsure();
  expect(states.hear({ ...inside('8'), how: 'told' }, 1_000)).toBeUndefined();
  expect(states.settled(2_000)).toMatchObject([{ source: '7', state: 'quiet' }]);
});

test('a camera that invents sources without end fills no memory', () => {
  const states = new EventStates();
  for (let index = 0; index < 2_000; index += 1) states.hear(reading('input', true, { source: String(index) }), 0);
  expect(states.hear(reading('input', true, { source: 'late' }), 0)).toBeUndefined();
  expect(states.hear(reading('input', false, { source: '3' }), 0)).toMatchObject({ state: 'restored' });
});
