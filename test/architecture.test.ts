/** The law of the tree: what `docs` and reviewers would otherwise have to remember. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { errorCodes } from '../gateway/domain/errors.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8');
const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx', '*.mjs', '*.css'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(`${root}/${file}`));
const product = sources.filter((file) => /^(gateway|adapters|simulators)\//.test(file));

/** Files of a folder, without their extension, that the folder's register must name. */
function members(folder: string, register: string): readonly string[] {
  return readdirSync(`${root}/${folder}`)
    .filter((name) => name.endsWith('.ts') && name !== register)
    .map((name) => name.replace(/\.ts$/, ''));
}

test('no source file is longer than 300 lines', () => {
  const long = sources.map((file) => ({ file, lines: read(file).split('\n').length - 1 })).filter(({ lines }) => lines > 300);
  expect(long).toEqual([]);
});

test('file names are kebab-case', () => {
  expect(sources.filter((file) => !/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(file.split('/').at(-1) ?? ''))).toEqual([]);
});

describe('a start', () => {
  /** What is loaded with a file, and with what that loads, until something is asked for by `import(…)`. */
  function loadedWith(first: string): { readonly files: ReadonlySet<string>; readonly packages: ReadonlySet<string> } {
    const files = new Set([first]);
    const packages = new Set<string>();
    for (const file of files) {
      for (const [, names = '', from = ''] of read(file).matchAll(/^(?:import|export) (?!type\b)(?:([^'"]*?) from )?'([^']+)';/gm)) {
        const named =
          /^\{([^}]*)\}$/
            .exec(names.trim())?.[1]
            ?.split(',')
            .filter((name) => name.trim() !== '') ?? [];
        if (named.length > 0 && named.every((name) => name.trim().startsWith('type '))) continue;
        if (from.startsWith('.')) files.add(new URL(from, `file:///${file}`).pathname.slice(1));
        else if (!from.startsWith('node:')) packages.add(from);
      }
    }
    return { files, packages };
  }

  test('loads what alarms need and no more before it takes them: on a slow box that is most of its time', () => {
    const { files, packages } = loadedWith('gateway/commands/serve.ts');
    expect([...packages].toSorted()).toEqual(['aedes', 'better-sqlite3', 'mqtt-packet', 'pino', 'yaml', 'zod']);
    const foreign = [...files].filter((file) =>
      /^(adapters\/(cameras|viewers|transcode|protocols\/(rtsp|rtp|ps|soap|manscdp|fmp4|h26x))|gateway\/(media|http|health|evidence))\//.test(file),
    );
    const settings = ['adapters/cameras/onvif/settings.ts', 'adapters/cameras/rtsp-settings.ts', 'adapters/cameras/stream-transport.ts'];
    expect(foreign.toSorted()).toEqual([...settings, 'gateway/http/metrics/hop-times.ts', 'gateway/media/sabotage.ts']);
    expect(files.size).toBeLessThan(210);
  });

  test('… and the whole gateway afterwards, so that the look above is no look at nothing', () => {
    expect(loadedWith('gateway/assemble-pages.ts').packages).toContain('express');
    expect(loadedWith('gateway/assemble-rest.ts').files.size).toBeGreaterThan(210);
  });
});

describe('registers are complete', () => {
  test('every health check stands in the register, and the register names nothing else', () => {
    const register = read('gateway/health/checks/index.ts');
    const named = [...register.matchAll(/from '\.\/([a-z0-9-]+)\.ts'/g)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(members('gateway/health/checks', 'index.ts').toSorted());
  });

  test('every uplink and every panel dialect stands in the register of adapters', () => {
    const register = read('adapters/index.ts');
    for (const folder of ['uplinks', 'panels/dialects']) {
      for (const name of members(`adapters/${folder}`, 'index.ts')) {
        expect(register, `adapters/index.ts must name ./${folder}/${name}.ts`).toContain(`'./${folder}/${name}.ts'`);
      }
    }
  });
});

describe('error codes and docs/errors.md', () => {
  const documented = [...read('docs/errors.md').matchAll(/^## ([A-Z][A-Z0-9_]+)$/gm)].map(([, code]) => code);

  test('say the same, both ways', () => {
    expect(documented.toSorted()).toEqual([...errorCodes].toSorted());
  });

  test('every code is used somewhere', () => {
    const text = product
      .filter((file) => file !== 'gateway/domain/errors.ts')
      .map(read)
      .join('\n');
    expect(errorCodes.filter((code) => !text.includes(`'${code}'`))).toEqual([]);
  });
});

describe('time', () => {
  const allowed = new Set(['gateway/runtime/clock.ts']);
  const withoutComments = (file: string) => read(file).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

  test('no signal is made that Node 20 may collect before it fires (ADR 0008)', () => {
    const awaitingTheirOwners = new Set(['gateway/media/plane-client.ts', 'adapters/protocols/rtsp/client.ts']);
    const offenders = product
      .filter((file) => !file.startsWith('gateway/web/') && !awaitingTheirOwners.has(file))
      .filter((file) => /\bAbortSignal\.(any|timeout)\(/.test(withoutComments(file)));
    expect(offenders).toEqual([]);
  });

  test('is read and waited for through the clock only, in everything that runs on the box', () => {
    const offenders = product
      .filter((file) => !allowed.has(file) && !file.startsWith('gateway/web/'))
      .filter((file) => /\bDate\.now\(|\bnew Date\(\)|\bset(?:Timeout|Interval)\((?!\s*0?\s*\))/.test(read(file).replaceAll(/\.setTimeout\(/g, '')));
    expect(offenders).toEqual([]);
  });
});

test('a planted import violation fails the check with a sentence that explains it', () => {
  const planted = 'gateway/domain/planted-violation.ts';
  writeFileSync(`${root}/${planted}`, "import { supervise } from '../runtime/supervise.ts';\n\nexport const planted = supervise;\n");
  try {
    const check = spawnSync('npx', ['biome', 'check', planted], { cwd: root, encoding: 'utf8' });
    expect(check.status).not.toBe(0);
    expect(check.stdout + check.stderr).toContain('gateway/domain is the vocabulary and imports nothing of ours');
  } finally {
    rmSync(`${root}/${planted}`);
  }
});

test('nothing committed names a machine path', () => {
  const text = sources.filter((file) => file !== 'test/architecture.test.ts');
  expect(text.filter((file) => /['"`(\s]\/(?:work|root|home)\//.test(read(file)))).toEqual([]);
});
