/** gateway.yaml: what the box is. Read once at start, never written by the program; every problem is reported at once. */
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { GatewayError } from '../domain/errors.ts';
import { Secret } from '../domain/secret.ts';
import { type Environment, overrideFrom } from './config-environment.ts';
import { crossProblems } from './config-rules.ts';
import { configSchema, type GatewayConfig } from './config-schema.ts';
import { listed, type Path, type Problem, pathText, problemsOf, valueAt } from './problems.ts';
import { mostYamlBytes, readYaml } from './yaml-source.ts';

export type { GatewayConfig } from './config-schema.ts';

/**
 * Reads and checks one gateway.yaml. Throws CONFIG_UNREADABLE where it cannot be read, CONFIG_INVALID with `context.problems`
 * (`Problem[]`) where it is wrong.
 */
export async function readConfig(file: string, environment: Environment = process.env): Promise<GatewayConfig> {
  const path = resolve(file);
  const bytes = await readCapped(path, mostYamlBytes + 1);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, mostYamlBytes + 1));
  } catch (cause) {
    const oversize = bytes.length > mostYamlBytes;
    throw invalid(
      path,
      [{ path: '', expected: oversize ? `at most ${mostYamlBytes} bytes` : 'UTF-8 text', got: oversize ? 'more' : 'other bytes' }],
      cause,
    );
  }
  return parseConfig(text, path, environment);
}

/**
 * Checks the text of a gateway.yaml. `where` names the file: relative paths in it are taken from that file's folder.
 * An empty text is a valid configuration.
 */
export function parseConfig(text: string, where: string, environment: Environment = {}): GatewayConfig {
  const source = readYaml(text);
  if (source.problems.length > 0 && source.value === undefined) throw invalid(where, source.problems);
  const overridden = overrideFrom(environment, withoutEmptySections(source.value), pathText);
  const lineOf = (path: Path) => (overridden.variables.has(pathText(path)) ? undefined : source.lineOf(path));
  const problems: Problem[] = [...source.problems, ...overridden.problems];

  const parsed = configSchema.safeParse(overridden.value);
  // What the YAML reader already refused is told once, not again as a missing or unknown value.
  const refused = new Set(source.problems.map(({ path }) => path));
  if (!parsed.success) problems.push(...problemsOf(parsed.error, overridden.value, lineOf).filter(({ path }) => !refused.has(path)));
  // Rules across keys are checked on what is left without the wrong parts, so that they too are told at once.
  const sound = parsed.success ? parsed : configSchema.safeParse(without(overridden.value, parsed.error.issues));
  const testing = environment.CAMPUS_GATEWAY_TESTING === '1';
  if (sound.success) problems.push(...crossProblems(sound.data, overridden.value, { testing, lineOf }));
  if (problems.length > 0 || !parsed.success) throw invalid(where, distinct(problems.map(named(overridden.variables))));
  return absolute(parsed.data, dirname(resolve(where)));
}

/** A secret that gateway.yaml names by its file; the line end that editors add is cut off. Throws CONFIG_UNREADABLE. */
export async function readSecretFile(file: string): Promise<Secret> {
  const text = new TextDecoder().decode(await readCapped(file, 65_536)).replace(/\r?\n$/, '');
  if (text === '') throw new GatewayError('CONFIG_UNREADABLE', `The secret file ${file} is empty.`, { context: { file } });
  return new Secret(text);
}

async function readCapped(file: string, most: number): Promise<Buffer> {
  try {
    const opened = await open(file, 'r');
    try {
      if (!(await opened.stat()).isFile()) throw new Error('It is not a regular file.');
      const bytes = Buffer.alloc(most);
      let filled = 0;
      for (;;) {
        const { bytesRead } = await opened.read(bytes, filled, most - filled);
        filled += bytesRead;
        if (bytesRead === 0 || filled === most) return bytes.subarray(0, filled);
      }
    } finally {
      await opened.close();
    }
  } catch (cause) {
    const why = cause instanceof Error && 'code' in cause ? String(cause.code) : 'not a regular file';
    throw new GatewayError('CONFIG_UNREADABLE', `${file} could not be read: ${why}.`, { cause, context: { file, why } });
  }
}

function invalid(where: string, problems: readonly Problem[], cause?: unknown): GatewayError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const ordered = [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  return new GatewayError('CONFIG_INVALID', `${where} has ${count}:\n${listed(ordered)}`, { cause, context: { file: where, problems: ordered } });
}

/** `http:` with all its keys commented out is an empty section, not a mistake. */
function withoutEmptySections(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const sections = new Set([
    'log',
    'http',
    'mqtt',
    'dc09',
    'rtsp',
    'media',
    'evidence',
    'webrtc',
    'uplinkBudget',
    'metrics',
    'ffmpeg',
    'testing',
    'tls',
    'plain',
    'udp',
    'ring',
    'transcoding',
  ]);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, below]) => !(below === null && sections.has(key)))
      .map(([key, below]) => [key, withoutEmptySections(below)]),
  );
}

/** The value without its wrong parts; a list with a wrong item goes as a whole, so that indexes in later messages stay right. */
function without(value: unknown, issues: readonly { readonly path: readonly PropertyKey[]; readonly keys?: unknown }[]): unknown {
  const rest = structuredClone(value);
  for (const issue of issues) {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    const list = path.findIndex((part) => typeof part === 'number');
    const keys = list < 0 && Array.isArray(issue.keys) ? issue.keys.map(String) : undefined;
    const wrong = list < 0 ? path : path.slice(0, list);
    const holder = valueAt(rest, keys ? wrong : wrong.slice(0, -1));
    if (typeof holder !== 'object' || holder === null) continue;
    for (const key of keys ?? wrong.slice(-1)) Reflect.deleteProperty(holder, key);
  }
  return rest;
}

function named(variables: ReadonlyMap<string, string>): (problem: Problem) => Problem {
  return (problem) => {
    const variable = variables.get(problem.path);
    return variable ? { ...problem, got: `${problem.got} (from ${variable})` } : problem;
  };
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}

function absolute(config: GatewayConfig, folder: string): GatewayConfig {
  const from = (path: string) => resolve(folder, path);
  const { certificate, key } = config.http.tls;
  return {
    ...config,
    dataFolder: from(config.dataFolder),
    http: { ...config.http, tls: certificate && key ? { certificate: from(certificate), key: from(key) } : {} },
    mqtt: {
      ...config.mqtt,
      external: config.mqtt.external.map(({ passwordFile, authorityFile, ...broker }) => ({
        ...broker,
        ...(passwordFile ? { passwordFile: from(passwordFile) } : {}),
        ...(authorityFile ? { authorityFile: from(authorityFile) } : {}),
      })),
    },
    metrics: config.metrics.tokenFile ? { tokenFile: from(config.metrics.tokenFile) } : {},
    // A bare name is looked up in PATH; anything with a separator is a file.
    ffmpeg: config.ffmpeg.path ? { path: /[\\/]/.test(config.ffmpeg.path) ? from(config.ffmpeg.path) : config.ffmpeg.path } : {},
  };
}
