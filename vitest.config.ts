import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files here wait in real time, for seconds each: begun first, they are over before the last of the short ones. */
const longest = ['scenario', 'fuzz', 'browser', 'contract', 'interop'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = longest.findIndex((folder) => moduleId.includes(`/test/${folder}/`));
      return place === -1 ? longest.length : place;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

const root = fileURLToPath(new URL('.', import.meta.url));
const source = /^(gateway|adapters|simulators)\/(?!web\/)(.+)\.ts$/;

/** The product as it was built, in place of its sources: loaded by Node itself, its threads too, in a third of the time. */
const builtProduct: Plugin = {
  name: 'built-product',
  enforce: 'pre',
  async resolveId(name, importer, options) {
    const found = await this.resolve(name, importer, { ...options, skipSelf: true });
    const built = found?.id.startsWith(root) ? found.id.slice(root.length).replace(source, 'dist/$1/$2.js') : '';
    return built.startsWith('dist/') && existsSync(root + built) ? root + built : found;
  },
};

export default defineConfig(({ mode }) => ({
  // `npm test` has just built it; `npx vitest run FILE` takes the sources as they are.
  plugins: mode === 'built' ? [builtProduct] : [],
  test: {
    include: ['test/**/*.test.ts'],
    // Limits for what hangs, not for what is slow: the machine may be ten times as slow as it was when a test was written.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    pool: 'forks',
    // Most tests wait more than they compute: two for each core of a small machine.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    server: { deps: { external: [/\/dist\/(gateway|adapters|simulators)\//] } },
  },
}));
