import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { seconds } from '../../gateway/domain/time.ts';
import { openGatewayChild } from '../support/measure-gateway.ts';

test('a gateway that is told to stop right after its start is gone in a moment, with exit code 0', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'campus-stop-'));
  try {
    await using gateway = await openGatewayChild(folder, { patience: seconds(30) });
    await gateway.start();
    const told = performance.now();
    expect(await gateway.stop()).toBe(0);
    expect(performance.now() - told).toBeLessThan(30_000);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 180_000);
