import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../gateway/domain/errors.ts';
import { readConfig } from '../../../gateway/runtime/config.ts';
import type { Problem } from '../../../gateway/runtime/problems.ts';

interface Expected {
  readonly code: string;
  readonly problems: readonly { readonly path: string; readonly line?: number }[];
}

const folder = new URL('../../fixtures/config/', import.meta.url);
const expected: Record<string, Expected> = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'));

describe('each malformed gateway.yaml is refused with its code and every one of its problems', () => {
  test('every fixture has an expectation, and there are at least fifty', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
    expect(files.map((name) => name.replace('.yaml', '')).sort()).toEqual(Object.keys(expected).sort());
    expect(files.length).toBeGreaterThanOrEqual(50);
  });

  for (const [name, { code, problems }] of Object.entries(expected)) {
    test(name, async () => {
      const error = await readConfig(new URL(`${name}.yaml`, folder).pathname, {}).catch((failure: unknown) => failure);
      if (!(error instanceof GatewayError)) throw error;
      expect(error.code).toBe(code);
      const found = error.context.problems as readonly Problem[];
      const places = found.map(({ path, line }) => ({ path, ...(line === undefined ? {} : { line }) }));
      const order = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
      expect([...places].sort(order)).toEqual([...problems].sort(order));
      for (const { path, expected: wanted, got } of found) {
        expect(wanted).not.toBe('');
        expect(got).not.toBe('');
        expect(error.message).toContain(path);
      }
      expect(error.message + JSON.stringify(error.context)).not.toContain('canary-password');
    });
  }
});
