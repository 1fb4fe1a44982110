/** Headers as cameras were seen to send them: test/fixtures/rtsp/headers.json. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { baseOf, parseTarget } from '../../../adapters/protocols/rtsp/address.ts';
import { readTransport } from '../../../adapters/protocols/rtsp/transport.ts';

interface Seen {
  readonly transport: readonly {
    readonly header: string;
    readonly from: string;
    readonly channels?: readonly [number, number];
    readonly serverPorts?: readonly [number, number];
    readonly ssrc?: number;
  }[];
  readonly contentBase: readonly { readonly header: string; readonly from: string; readonly path: string }[];
}

const seen: Seen = JSON.parse(readFileSync(new URL('../../fixtures/rtsp/headers.json', import.meta.url), 'utf8'));
const pair = (numbers: readonly [number, number] | undefined) => numbers && { rtp: numbers[0], rtcp: numbers[1] };

describe('a Transport is read (quirks 8 and 12)', () => {
  test.each(seen.transport)('$header', ({ header, channels, serverPorts, ssrc }) => {
    const answer = readTransport(header);
    expect({ channels: answer.channels, serverPorts: answer.serverPorts, ssrc: answer.ssrc, multicast: answer.multicast }).toEqual({
      channels: pair(channels),
      serverPorts: pair(serverPorts),
      ssrc,
      multicast: false,
    });
  });
});

describe('a Content-Base is mended, and stays on the host of the connection (quirk 14)', () => {
  const target = parseTarget('rtsp://10.0.0.5:8554/live');
  test.each(seen.contentBase)('$header', ({ header, path }) => {
    expect(baseOf(target, header, undefined)).toBe(`rtsp://10.0.0.5:8554${path}`);
  });
});
