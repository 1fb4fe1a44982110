import { defineConfig } from 'vitest/config';
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

export default defineConfig({
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
  },
});
