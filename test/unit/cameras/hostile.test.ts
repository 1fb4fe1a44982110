/** Cameras that lie, stall and flood: each answer ends in its code and in time. What they cost in memory: test/scenario/bad-input-memory.test.ts. */
import { describe, expect, test } from 'vitest';
import { askOnvif, askRtsp, rtspCases, soapCases } from '../../support/hostile-cameras.ts';

describe.each(soapCases)('ONVIF: $name', (hostile) => {
  test(`ends in ${hostile.code}`, async () => {
    const began = performance.now();
    const { error, credentialed } = await askOnvif(hostile);
    expect(error).toMatchObject({ code: hostile.code, message: expect.stringContaining(hostile.says) });
    expect(String((error as Error).message)).not.toContain('canary');
    expect(credentialed).toBeLessThanOrEqual(2);
    expect(performance.now() - began).toBeLessThan(30_000);
  });
});

describe.each(rtspCases)('RTSP: $name', (hostile) => {
  test(`ends in ${hostile.code}`, async () => {
    const { error, credentialed } = await askRtsp(hostile);
    expect(error).toMatchObject({ code: hostile.code, message: expect.stringContaining(hostile.says) });
    expect(credentialed).toBeLessThanOrEqual(2);
  });
});
