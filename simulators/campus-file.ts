/** Reads the one file that describes a simulated school. Strict: every problem at once, with path, expected, got and line. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { GatewayError } from '../gateway/domain/errors.ts';
import { keysOf, listed, type Path, type Problem, problem, problemsOf } from '../gateway/runtime/problems.ts';
import { readYaml } from '../gateway/runtime/yaml-source.ts';

function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: keysOf(shape) });
}

const id = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'lower-case letters, digits, "-" and "_", at most 63');
const words = section({ zh: z.string().min(1).max(120), en: z.string().min(1).max(120) });
const port = z.int().min(0).max(65_535).default(0);

const picture = section({
  width: z.int().min(64).max(3_840),
  height: z.int().min(64).max(2_160),
  framesPerSecond: z.int().min(1).max(60),
  codec: z.enum(['h264', 'h265']).default('h264'),
  sound: z.enum(['none', 'pcma', 'pcmu', 'aac']).default('none'),
});

const camera = section({
  id,
  name: words,
  place: id.optional(),
  /** The number on the wall's keypad. */
  channel: z.int().min(1).max(999),
  main: picture.prefault({ width: 1280, height: 720, framesPerSecond: 15 }),
  sub: picture.prefault({ width: 640, height: 360, framesPerSecond: 15 }),
  /** Of its ONVIF service; 0 lets the system choose. */
  port,
});

const zone = section({
  id,
  name: words,
  place: id.optional(),
  /** Contact ID event code, three digits: what the panel sends for this zone. */
  code: z.string().regex(/^[1-9][0-9A-F]{2}$/, 'a Contact ID code of three digits, in quotes'),
  /** Cameras that look at it. */
  cameras: z.array(id).max(4).default([]),
});

const panel = section({
  id,
  name: words,
  place: id.optional(),
  heartbeatSeconds: z.int().min(1).max(3_600).default(20),
  zones: z.array(zone).min(1).max(128),
});

const campusFile = section({
  campus: section({
    id,
    name: words,
    timeZone: z.string().refine(timeZoneKnown, 'a time zone such as Asia/Shanghai').default('Asia/Shanghai'),
    address: words,
  }),
  places: z
    .array(section({ id, name: words }))
    .max(500)
    .default([]),
  cameras: z.array(camera).max(128).default([]),
  panels: z.array(panel).max(32).default([]),
  /** The police side: a web door, a broker, or both. */
  police: section({ webhook: section({ port }).optional(), mqtt: section({ port }).optional() }).prefault({ webhook: {}, mqtt: {} }),
});

export type CampusDescription = z.output<typeof campusFile>;
export type CameraDescription = CampusDescription['cameras'][number];
export type PanelDescription = CampusDescription['panels'][number];

export async function readCampusFile(path: string): Promise<CampusDescription> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new GatewayError('CONFIG_UNREADABLE', `The campus file ${path} cannot be read.`, { cause, context: { path } });
  }
  return parseCampus(text, path);
}

/** Throws CONFIG_INVALID with every problem in its sentence. */
export function parseCampus(text: string, path: string): CampusDescription {
  const source = readYaml(text);
  const parsed = source.problems.length > 0 ? undefined : campusFile.safeParse(source.value);
  const problems = !parsed
    ? source.problems
    : parsed.success
      ? crossProblems(parsed.data, source.lineOf)
      : problemsOf(parsed.error, source.value, source.lineOf);
  if (parsed?.success && problems.length === 0) return parsed.data;
  throw new GatewayError('CONFIG_INVALID', `The campus file ${path} is wrong:\n${listed(problems)}`, { context: { path, problems } });
}

/** What a schema cannot see: names that point nowhere, and names given twice. */
function crossProblems(description: CampusDescription, lineOf: (path: Path) => number | undefined): Problem[] {
  const problems: Problem[] = [];
  const say = (path: Path, expected: string, got: string | number) => problems.push(problem(path, expected, JSON.stringify(got), lineOf));
  const unique = (values: readonly (string | number)[], pathOf: (index: number) => Path, what: string) => {
    for (const [index, value] of values.entries()) if (values.indexOf(value) < index) say(pathOf(index), `${what} that no other has`, value);
  };
  const { places, cameras, panels } = description;
  unique(
    places.map((each) => each.id),
    (index) => ['places', index, 'id'],
    'an id',
  );
  // Cameras and panels are devices: they share one name space in the gateway.
  const devices = [...cameras.map((each) => each.id), ...panels.map((each) => each.id)];
  unique(devices, (index) => (index < cameras.length ? ['cameras', index, 'id'] : ['panels', index - cameras.length, 'id']), 'an id');
  unique(
    cameras.map((each) => each.channel),
    (index) => ['cameras', index, 'channel'],
    'a number',
  );
  const known = new Set(places.map((each) => each.id));
  const placed = (place: string | undefined, path: Path) => {
    if (place !== undefined && !known.has(place)) say([...path, 'place'], `one of the places ${[...known].join(', ')}`, place);
  };
  const seen = new Set(cameras.map((each) => each.id));
  for (const [index, each] of cameras.entries()) placed(each.place, ['cameras', index]);
  for (const [index, each] of panels.entries()) {
    placed(each.place, ['panels', index]);
    unique(
      each.zones.map((one) => one.id),
      (at) => ['panels', index, 'zones', at, 'id'],
      'an id',
    );
    for (const [at, one] of each.zones.entries()) {
      placed(one.place, ['panels', index, 'zones', at]);
      for (const [place, name] of one.cameras.entries()) {
        if (!seen.has(name)) say(['panels', index, 'zones', at, 'cameras', place], `one of the cameras ${[...seen].join(', ')}`, name);
      }
    }
  }
  return problems;
}

function timeZoneKnown(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false; // Intl throws a RangeError for a name that it does not know.
  }
}
