/** Offers and answers of GB/T 28181: the vectors of gb28181 §10.3 and §10.5, and what platforms make of them. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import { parseGbFormat, writeGbFormat } from '../../../adapters/protocols/sdp/gb-format.ts';
import { type GbSession, parseGbSession, writeGbSession } from '../../../adapters/protocols/sdp/gb-session.ts';
import { gbSsrc, parseGbSsrc, writeGbSsrc } from '../../../adapters/protocols/sdp/gb-ssrc.ts';
import { parseSubject, writeSubject } from '../../../adapters/protocols/sip/subject.ts';

const fixture = (name: string) => readFileSync(new URL(`../../fixtures/sip/gb28181/${name}.sdp`, import.meta.url), 'utf8');
const offer = (...lines: readonly string[]) =>
  parseGbSession(['v=0', 'o=x 0 0 IN IP4 192.0.2.10', 's=Play', 'c=IN IP4 192.0.2.10', ...lines].join('\r\n'));
const ps = { payloadType: 96, encoding: 'PS', clockRate: 90_000 };

describe('an offer', () => {
  test('to play over UDP is read, and written as it was', () => {
    const { format, ...session } = parseGbSession(fixture('play-udp'));
    expect(session).toEqual({
      name: 'Play',
      owner: '34020000002000000001',
      start: 0,
      stop: 0,
      kind: 'video',
      address: '192.0.2.10',
      port: 30_000,
      transport: 'udp',
      direction: 'recvonly',
      formats: [
        ps,
        { payloadType: 97, encoding: 'MPEG4', clockRate: 90_000 },
        { payloadType: 98, encoding: 'H264', clockRate: 90_000 },
        { payloadType: 99, encoding: 'H265', clockRate: 90_000 },
      ],
      ssrc: 200_000_001,
    });
    expect(format).toBeUndefined();
    expect(writeGbSession(session)).toBe(fixture('play-udp').replace('f=v/////a///\r\n', ''));
  });

  test('over TCP says who listens; without a word it is the platform (SRS)', () => {
    expect(parseGbSession(fixture('play-tcp-passive-wvp'))).toMatchObject({ transport: 'tcp-passive', port: 30_000 });
    expect(parseGbSession(fixture('play-srs'))).toMatchObject({ transport: 'tcp-passive', port: 9_000, ssrc: 200_009_999 });
    expect(offer('m=video 9 TCP/RTP/AVP 96', 'a=setup:active')).toMatchObject({ transport: 'tcp-active' });
    expect(writeGbSession(parseGbSession(fixture('play-srs')))).toContain(
      'a=rtpmap:96 PS/90000\r\na=setup:passive\r\na=connection:new\r\ny=0200009999',
    );
  });

  test('of a download names channel, times and speed', () => {
    const session = parseGbSession(fixture('download-wvp'));
    expect(session).toMatchObject({
      name: 'Download',
      recordings: { channel: '34020000001310000001', type: 0 },
      start: 1_735_660_800,
      stop: 1_735_664_400,
      downloadSpeed: 4,
      ssrc: 1_200_000_001,
    });
    expect(writeGbSession(session)).toBe(fixture('download-wvp'));
    expect(offer('t=3944649600 3944653200', 'm=video 1 RTP/AVP 96')).toMatchObject({ start: 1_735_660_800, stop: 1_735_664_400 });
  });

  test('to speak is one of audio', () => {
    expect(parseGbSession(fixture('broadcast'))).toMatchObject({
      kind: 'audio',
      formats: [{ payloadType: 8, encoding: 'PCMA' }],
      format: { audio: { codec: 'G.711', kbps: 64, kHz: 8 } },
    });
    expect(offer('m=audio 1 RTP/AVP 8 104')).toMatchObject({
      formats: [
        { payloadType: 8, encoding: 'PCMA', clockRate: 8_000 },
        { payloadType: 104, encoding: '' },
      ],
    });
  });

  test('is read with whatever else is in it: no y= (quirk 20), y= in front, private lines, a stream number, two media', () => {
    expect(offer('m=video 1 RTP/AVP 96').ssrc).toBeUndefined();
    expect(offer('y=0000000000', 'm=video 1 RTP/AVP 96').ssrc).toBeUndefined();
    expect(offer('y=0200000001', 't=0 0', 'm=video 1 RTP/AVP 96', 'x=private', 'a=streamnumber:1', 'a=stream:0')).toMatchObject({
      ssrc: 200_000_001,
      streamNumber: 1,
    });
    expect(offer('m=audio 2 RTP/AVP 8', 'm=video 1 RTP/AVP 98 96', 'c=IN IP4 192.0.2.11', 'y=7')).toMatchObject({
      kind: 'video',
      address: '192.0.2.11',
      ssrc: 7,
      formats: [{ payloadType: 98 }, ps],
    });
    expect(parseGbSession('v=0\no=x 0 0 IN IP4 192.0.2.10\nm=video 1 RTP/AVP 96\n')).toMatchObject({ address: '192.0.2.10' });
  });

  test('that leads nowhere is none', () => {
    for (const text of ['', 'v=0\r\n', 'v=0\r\nm=video 1 RTP/AVP 96', 'v=0\r\nc=IN IP4 evil.example.com\r\nm=video 1 RTP/AVP 96']) {
      expect(() => parseGbSession(text)).toThrow(ProtocolError);
    }
  });
});

test('an answer is what the standard shows, line by line', () => {
  const answer: GbSession = {
    name: 'Play',
    owner: '34020000001310000001',
    start: 0,
    stop: 0,
    kind: 'video',
    address: '192.0.2.20',
    port: 40_000,
    transport: 'udp',
    direction: 'sendonly',
    formats: [ps],
    ssrc: 200_000_001,
    format: {
      video: { codec: 'H.264', resolution: '1080P', framesPerSecond: 25, rate: 'VBR', kbps: 4_096 },
      audio: { codec: 'G.711', kbps: 64, kHz: 8 },
    },
  };
  expect(writeGbSession(answer)).toBe(fixture('play-answer'));
  expect(parseGbSession(fixture('play-answer'))).toEqual(answer);
  const active = writeGbSession({ ...answer, transport: 'tcp-active', address: '2001:db8::20', port: 9 });
  expect(active).toContain('c=IN IP6 2001:db8::20');
  expect(parseGbSession(active)).toMatchObject({ transport: 'tcp-active', address: '2001:db8::20', port: 9 });
});

describe('f=', () => {
  test('T10 says H.264, 1080P, 25 fps, VBR, 4096 kbit/s, G.711, 64 kbit/s, 8 kHz', () => {
    expect(parseGbFormat('v/2/6/25/2/4096a/1/8/1')).toEqual({
      video: { codec: 'H.264', resolution: '1080P', framesPerSecond: 25, rate: 'VBR', kbps: 4_096 },
      audio: { codec: 'G.711', kbps: 64, kHz: 8 },
    });
  });

  test('keeps every slash when it says nothing', () => {
    expect(writeGbFormat()).toBe('v/////a///');
    for (const text of ['v/////a///', 'v/0/0/0/0/0a/0/0/0']) expect(parseGbFormat(text)).toBeUndefined();
  });

  test.each(['v/5/2560x1440/15/1/2048a/6/13/11', 'v/2/////a///', 'v/////a/1/8/1', 'v/1/1/1/1/1a/2/1/15'])('%s comes back as it was', (text) => {
    const format = parseGbFormat(text);
    expect(format).toBeDefined();
    expect(parseGbFormat(writeGbFormat(format))).toEqual(format);
  });

  test('that nobody can read says nothing', () => {
    for (const text of ['', 'v', 'x/2/6', 'v/99/99/999/9/999999a/99/99/99', 'a/1/8/1']) expect(parseGbFormat(text)).toBeUndefined();
    expect(parseGbFormat('v/2/6/25/2/4096 a/1/8/1')?.audio.codec).toBe('G.711');
    expect(parseGbFormat('v/2/6')?.video).toMatchObject({ codec: 'H.264', resolution: '1080P', kbps: undefined });
  });
});

describe('y=', () => {
  test.each([
    ['S1', '34020000002000000001', 'live', 1, '0200000001', '0BEBC201'],
    ['S2', '34020000002000000001', 'history', 1, '1200000001', '47868C01'],
    ['S3', '13010000002000000001', 'history', 9_999, '1100009999', undefined],
    ['S3b', '31011500002000000001', 'live', 27, '0115000027', undefined],
  ] as const)('%s', (_, server, kind, sequence, text, bytes) => {
    const ssrc = gbSsrc(server, kind, sequence);
    expect(writeGbSsrc(ssrc)).toBe(text);
    expect(parseGbSsrc(text)).toBe(ssrc);
    if (bytes) expect(ssrc.toString(16).padStart(8, '0').toUpperCase()).toBe(bytes);
  });

  test.each([
    ['S4', '1310199999', '4e1810bf'],
    ['S5', '0200009999', '0bebe90f'],
  ])('%s', (_, text, hex) => {
    expect(parseGbSsrc(text)?.toString(16).padStart(8, '0')).toBe(hex);
  });

  test('is read with blanks and without its zeros, and is nothing where it is no SSRC', () => {
    expect([' 0200000001 ', '200000001', '02 0000 0001'].map(parseGbSsrc)).toEqual([200_000_001, 200_000_001, 200_000_001]);
    for (const text of ['', '0000000000', '4294967296', '9999999999', '0x1', '-1']) expect(parseGbSsrc(text)).toBeUndefined();
  });
});

test('R8: the Subject of a live view, and how others write it', () => {
  const subject = { sender: { id: '34020000001310000001', stream: '0200000001' }, receiver: { id: '34020000002000000001', stream: '0' } };
  expect(writeSubject(subject)).toBe('34020000001310000001:0200000001,34020000002000000001:0');
  expect(parseSubject(' 34020000001310000001:0200000001 , 34020000002000000001:0')).toEqual(subject);
  for (const text of ['', 'a', 'a:1', 'a:1,b', 'a:1,b:2,c:3', ':,:']) expect(parseSubject(text)).toBeUndefined();
});
