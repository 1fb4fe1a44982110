import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GatewayError, isGatewayError } from '../../../gateway/domain/errors.ts';
import { parseConfig, readConfig, readSecretFile } from '../../../gateway/runtime/config.ts';
import { configWarnings } from '../../../gateway/runtime/config-rules.ts';
import { configJsonSchema } from '../../../gateway/runtime/config-schema.ts';
import { nearest, type Problem } from '../../../gateway/runtime/problems.ts';
import { mostYamlBytes } from '../../../gateway/runtime/yaml-source.ts';

const configFolder = new URL('../../../config/', import.meta.url);
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'));
});
afterEach(() => rm(folder, { recursive: true }));

function problemsOf(action: () => unknown): readonly Problem[] {
  try {
    action();
  } catch (error) {
    if (isGatewayError(error, 'CONFIG_INVALID')) return error.context.problems as readonly Problem[];
    throw error;
  }
  return [];
}

test('an empty file is a valid configuration, and so is one of empty sections', () => {
  expect(parseConfig('', '/etc/campus/gateway.yaml')).toEqual(parseConfig('http:\n  tls:\nmqtt:\nlog:\n', '/etc/campus/gateway.yaml'));
  expect(parseConfig('# nothing\n', '/etc/campus/gateway.yaml').http.port).toBe(8443);
});

test('the example is valid, says every default, and mentions every key', async () => {
  const text = await readFile(new URL('gateway.example.yaml', configFolder), 'utf8');
  expect(parseConfig(text, '/etc/campus/gateway.yaml')).toEqual(parseConfig('', '/etc/campus/gateway.yaml'));
  for (const key of keysOf(configJsonSchema())) expect(text).toMatch(new RegExp(`^[ #-]*${key}:`, 'm'));
});

test('the example stays valid with its commented keys switched on', async () => {
  const text = await readFile(new URL('gateway.example.yaml', configFolder), 'utf8');
  const on = text
    .replace(
      /^( *)# {0,3}((?:certificate|key|tokenFile|path|testing|acknowledgeBeforeCommit|sendTwice|commitDelayMillis|synchronous|mediaFaults|mediaWatchdog|mistakes):.*)$/gm,
      '$1$2',
    )
    .replace(/^(?=acknowledgeBeforeCommit|sendTwice|commitDelayMillis|synchronous|mediaFaults|mediaWatchdog|mistakes)/gm, '  ')
    .replace('external: []', 'external:')
    .replace('allowedOrigins: []', 'allowedOrigins:')
    .replace(/^ {2}# {2}(- | {2})/gm, '    $1');
  const config = parseConfig(on, '/etc/campus/gateway.yaml', { CAMPUS_GATEWAY_TESTING: '1' });
  expect(config.mqtt.external).toHaveLength(1);
  expect(config.mqtt.external[0]?.passwordFile).toBe('/etc/campus/secrets/city-broker');
  expect(config.http.allowedOrigins).toHaveLength(1);
  expect(config.http.tls).toEqual({ certificate: '/etc/campus/tls/chain.pem', key: '/etc/campus/tls/key.pem' });
});

test('the published JSON schema is fresh (write it anew with UPDATE_SCHEMA=1)', async () => {
  const file = new URL('gateway.schema.json', configFolder);
  const fresh = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  if (process.env.UPDATE_SCHEMA === '1') await writeFile(file, fresh);
  expect(await readFile(file, 'utf8')).toBe(fresh);
});

test('paths are taken from the folder of the file', () => {
  const config = parseConfig('dataFolder: var\nmetrics: {tokenFile: /run/secrets/token}\nffmpeg: {path: ffmpeg}\n', '/etc/campus/gateway.yaml');
  expect(config).toMatchObject({ dataFolder: '/etc/campus/var', metrics: { tokenFile: '/run/secrets/token' }, ffmpeg: { path: 'ffmpeg' } });
});

test('the environment overrides the file, with the type that the key wants', () => {
  const config = parseConfig('http: {port: 1}\nmqtt: {external: [{name: city, url: mqtts://a.example, username: u}]}\n', '/etc/campus/gateway.yaml', {
    CAMPUS_GATEWAY__HTTP__PORT: '9443',
    CAMPUS_GATEWAY__HTTP__PLAIN__ENABLED: 'true',
    CAMPUS_GATEWAY__DATA_FOLDER: '8',
    CAMPUS_GATEWAY__HTTP__ALLOWED_ORIGINS: 'https://a.example, https://b.example',
    CAMPUS_GATEWAY__METRICS__TOKEN_FILE: '/run/secrets/token',
    CAMPUS_GATEWAY__MQTT__EXTERNAL__0__PASSWORD_FILE: '/run/secrets/city',
    CAMPUS_GATEWAY__MQTT__EXTERNAL__0__VERSION: '4',
    CAMPUS_GATEWAY__MQTT__EXTERNAL__1__NAME: 'town',
    CAMPUS_GATEWAY__MQTT__EXTERNAL__1__URL: 'mqtts://town.example',
    UNRELATED: 'x',
  });
  expect(config.http).toMatchObject({ port: 9443, plain: { enabled: true }, allowedOrigins: ['https://a.example', 'https://b.example'] });
  expect(config.dataFolder).toBe('/etc/campus/8');
  expect(config.metrics.tokenFile).toBe('/run/secrets/token');
  expect(config.mqtt.external).toMatchObject([{ passwordFile: '/run/secrets/city', version: 4 }, { name: 'town' }]);
});

test('the switches that break the gateway need the permission of the environment, from wherever they come', () => {
  const switched = { CAMPUS_GATEWAY__TESTING__ACKNOWLEDGE_BEFORE_COMMIT: 'true', CAMPUS_GATEWAY__TESTING__COMMIT_DELAY_MILLIS: '20' };
  expect(problemsOf(() => parseConfig('', 'gateway.yaml', switched)).map(({ path }) => path)).toEqual(['testing']);
  expect(parseConfig('', 'gateway.yaml', { ...switched, CAMPUS_GATEWAY_TESTING: '1' }).testing).toEqual({
    acknowledgeBeforeCommit: true,
    sendTwice: false,
    commitDelayMillis: 20,
    synchronous: 'FULL',
    mediaFaults: false,
    mediaWatchdog: true,
    mistakes: [],
  });
});

test('a wrong variable is named, beside the problems of the file', () => {
  const problems = problemsOf(() =>
    parseConfig('log: {level: loud}\n', 'gateway.yaml', {
      CAMPUS_GATEWAY__HTTP__PROT: '1',
      CAMPUS_GATEWAY__HTTP__PORT: 'many',
      CAMPUS_GATEWAY__MQTT__EXTERNAL__5__NAME: 'far',
      CAMPUS_GATEWAY____PROTO____X: '1',
    }),
  );
  expect(problems.map(({ path }) => path).sort()).toEqual(
    ['CAMPUS_GATEWAY__HTTP__PROT', 'CAMPUS_GATEWAY__MQTT__EXTERNAL__5__NAME', 'CAMPUS_GATEWAY____PROTO____X', 'http.port', 'log.level'].sort(),
  );
  expect(problems.find(({ path }) => path === 'http.port')).toEqual({
    path: 'http.port',
    expected: 'a number',
    got: '"many" (from CAMPUS_GATEWAY__HTTP__PORT)',
  });
  expect(problems.find(({ path }) => path.endsWith('PROT'))?.expected).toContain('"port"');
});

test('a mistyped key is answered with the nearest one', () => {
  expect(problemsOf(() => parseConfig('htpp: {}\n', 'gateway.yaml'))[0]?.expected).toBe('a known key: did you mean "http"?');
  expect(nearest('datafolder', ['dataFolder', 'log'])).toBe('dataFolder');
  expect(nearest('something', ['dataFolder', 'log'])).toBeUndefined();
});

test('what is open in plain text is allowed when exposed, and warned about in both languages', () => {
  const quiet = parseConfig('mqtt: {plain: {enabled: true}}\n', 'gateway.yaml');
  expect(configWarnings(quiet)).toEqual([]);
  const loud = parseConfig(
    'mqtt: {plain: {enabled: true, exposed: true, address: "0.0.0.0"}, external: [{name: a, url: mqtt://b.example}]}\n',
    'g.yaml',
  );
  expect(configWarnings(loud)).toHaveLength(2);
  const broken = parseConfig('testing: {acknowledgeBeforeCommit: true}\n', 'gateway.yaml', { CAMPUS_GATEWAY_TESTING: '1' });
  expect(broken.testing.acknowledgeBeforeCommit).toBe(true);
  expect(configWarnings(broken)).toHaveLength(1);
});

test('a file of more than a megabyte, a missing one and a folder are refused by name', async () => {
  const big = join(folder, 'big.yaml');
  await writeFile(big, `# ${'x'.repeat(mostYamlBytes)}\n`);
  await expect(readConfig(big, {})).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  await expect(readConfig(join(folder, 'none.yaml'), {})).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE', context: { why: 'ENOENT' } });
  await expect(readConfig(folder, {})).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
});

test('a secret comes from its file without the line end, and never prints', async () => {
  const file = join(folder, 'token');
  await writeFile(file, 'canary\n');
  const secret = await readSecretFile(file);
  expect(secret.reveal()).toBe('canary');
  expect(`${secret} ${JSON.stringify({ secret })}`).not.toContain('canary');
  await writeFile(file, '\n');
  await expect(readSecretFile(file)).rejects.toMatchObject({ code: 'CONFIG_UNREADABLE' });
});

test('whatever the text, the answer is a configuration or CONFIG_INVALID, quickly', () => {
  const pieces = [
    'http',
    'port',
    ': ',
    '\n',
    '  ',
    '- ',
    '[',
    '{',
    '}',
    ']',
    '"',
    "'",
    '&a ',
    '*a',
    '!!map',
    '|',
    '>',
    '?',
    '#',
    '\t',
    '8443',
    '~',
    '%',
    '---',
  ];
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 4 })), { maxLength: 60 }), (parts) => {
      try {
        parseConfig(parts.join(''), 'gateway.yaml');
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code !== 'CONFIG_INVALID') throw error;
      }
    }),
    { numRuns: 500 },
  );
  const bombs = [
    '['.repeat(500_000),
    '- '.repeat(400_000),
    '? '.repeat(400_000),
    'a: '.repeat(300_000),
    '"'.repeat(900_000),
    'a: b\n'.repeat(200_000),
  ];
  for (const bomb of bombs) {
    const started = performance.now();
    expect(() => parseConfig(bomb, 'gateway.yaml')).toThrow(GatewayError);
    expect(performance.now() - started).toBeLessThan(30_000);
  }
});

test('the example with a slip of the fingers anywhere is a configuration or CONFIG_INVALID with a line for each problem of the file', async () => {
  const text = await readFile(new URL('gateway.example.yaml', configFolder), 'utf8');
  const slip = fc.tuple(
    fc.nat(text.length),
    fc.nat(3),
    fc.constantFrom('', ' ', '\n', ':', '-', '"', '[', '{', '&x ', '*x', '\t', '#', '0', 'x', '__proto__: 1\n'),
  );
  fc.assert(
    fc.property(slip, ([at, cut, insert]) => {
      for (const { line, expected } of problemsOf(() => parseConfig(text.slice(0, at) + insert + text.slice(at + cut), 'gateway.yaml'))) {
        expect(line).toBeGreaterThan(0);
        expect(expected).not.toBe('');
      }
    }),
    { numRuns: 300 },
  );
});

function keysOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const properties: unknown = Reflect.get(schema, 'properties');
  const own = typeof properties === 'object' && properties !== null ? Object.entries(properties) : [];
  return [...own.flatMap(([key, below]) => [key, ...keysOf(below)]), ...keysOf(Reflect.get(schema, 'items'))];
}
