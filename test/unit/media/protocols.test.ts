import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerChallenge, DigestDoor, parseChallenges } from '../../../adapters/protocols/digest.ts';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import { parseRtp, writeRtp } from '../../../adapters/protocols/rtp/packet.ts';
import { parseRtcp, writeReceiverReport, writeSenderReport } from '../../../adapters/protocols/rtp/rtcp.ts';
import { baseOf, controlUrl, parseTarget, redirectTarget } from '../../../adapters/protocols/rtsp/address.ts';
import { RtspFailure } from '../../../adapters/protocols/rtsp/failure.ts';
import { headerOf, writeRequest, writeResponse } from '../../../adapters/protocols/rtsp/message.ts';
import { type RtspPiece, RtspReader, writeFrame } from '../../../adapters/protocols/rtsp/scanner.ts';
import { hex } from '../../support/rtp-captures.ts';

/** Only ProtocolError and RtspFailure may come out of a parser. */
function survives(read: () => unknown): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof RtspFailure)) throw error;
  }
}

describe('RTSP messages', () => {
  const stream = Buffer.concat([
    writeFrame(0, Buffer.from('packet one')),
    writeResponse({ status: 200, headers: { CSeq: 3, Session: 'x;timeout=30', 'WWW-Authenticate': ['Digest a', 'Basic b'] }, body: 'v=0' }),
    writeFrame(1, Buffer.alloc(65_535, 7)),
    Buffer.from('\r\n'),
    writeRequest({ method: 'GET_PARAMETER', uri: 'rtsp://h/a', headers: { CSeq: 4 } }),
    writeFrame(255, Buffer.alloc(0)),
  ]);
  const shape = (pieces: readonly RtspPiece[]) =>
    pieces.map((piece) =>
      piece.kind === 'frame' ? `${piece.channel}:${piece.payload.length}` : `${piece.kind} ${headerOf(piece, 'CSEQ')} ${piece.body.length}`,
    );
  const expected = ['0:10', 'response 3 3', '1:65535', 'request 4 0', '255:0'];

  test('are read the same, however the bytes are cut', () => {
    expect(shape(new RtspReader().push(stream))).toEqual(expected);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 30 }), (cuts) => {
        const reader = new RtspReader();
        const pieces: RtspPiece[] = [];
        let at = 0;
        for (let turn = 0; at < stream.length; turn += 1) {
          const end = Math.min(stream.length, at + cuts[turn % cuts.length]!);
          pieces.push(...reader.push(stream.subarray(at, end)));
          at = end;
        }
        expect(shape(pieces)).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  test('are read byte by byte too', () => {
    const reader = new RtspReader();
    expect(shape([...stream].flatMap((byte) => reader.push(Uint8Array.of(byte))))).toEqual(expected);
  });

  test.each([
    ['a header block without end', `RTSP/1.0 200 OK\r\nX: ${'a'.repeat(17_000)}`],
    ['a body beyond all size', 'RTSP/1.0 200 OK\r\nContent-Length: 262145\r\n\r\n'],
    ['a length that is no number', 'RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['two lengths', 'RTSP/1.0 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['another protocol', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['bytes of nothing', '\x80\x81\x82'],
    ['too many headers', `RTSP/1.0 200 OK\r\n${'a: b\r\n'.repeat(200)}\r\n`],
  ])('%s is refused', (_, text) => {
    expect(() => new RtspReader().push(Buffer.from(text, 'latin1'))).toThrow(ProtocolError);
  });

  test('line breaks cannot be smuggled into a header', () => {
    expect(() => writeRequest({ method: 'PLAY', uri: 'rtsp://h/\r\nX: y', headers: {} })).toThrow(ProtocolError);
  });

  test('arbitrary bytes never do worse than ProtocolError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => survives(() => new RtspReader().push(bytes))));
  });
});

describe('RTSP addresses', () => {
  const target = parseTarget('rtsp://admin:secret@10.0.0.5:8554/cam?channel=1&subtype=0');

  test('never carry credentials on the wire', () => {
    expect(target).toEqual({ host: '10.0.0.5', port: 8554, secure: false, uri: 'rtsp://10.0.0.5:8554/cam?channel=1&subtype=0' });
  });

  test.each([
    ['rtsp://10.0.0.5:8554/cam/', 'trackID=1', 'rtsp://10.0.0.5:8554/cam/trackID=1'],
    ['rtsp://rtsp://10.0.0.5:8554/cam/', 'track1', 'rtsp://10.0.0.5:8554/cam/track1'],
    ['10.0.0.5:8554/cam/', 'track1', 'rtsp://10.0.0.5:8554/cam/track1'],
    ['rtsp://::ffff:10.0.0.5:8554/cam/', 'track1', 'rtsp://10.0.0.5:8554/cam/track1'],
    [undefined, 'trackID=0', 'rtsp://10.0.0.5:8554/cam?channel=1&subtype=0/trackID=0'],
    [undefined, 'rtsp://192.168.1.10/other/track1', 'rtsp://10.0.0.5:8554/other/track1'],
    [undefined, '*', 'rtsp://10.0.0.5:8554/cam?channel=1&subtype=0'],
  ])('Content-Base %s and control %s lead to %s', (contentBase, control, expected) => {
    expect(controlUrl(target, baseOf(target, contentBase, undefined), control)).toBe(expected);
  });

  test('a redirect to another host is not followed, to the same host it is', () => {
    expect(() => redirectTarget(target, 'rtsp://169.254.169.254/latest')).toThrow(/another host/);
    expect(redirectTarget(target, 'rtsp://10.0.0.5/new').uri).toBe('rtsp://10.0.0.5/new');
    expect(() => parseTarget('http://10.0.0.5/')).toThrow(RtspFailure);
  });
});

test('arbitrary bytes as RTP or RTCP never do worse than ProtocolError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      survives(() => parseRtp(bytes));
      survives(() => parseRtcp(bytes));
    }),
    { numRuns: 300 },
  );
});

describe('RTP and RTCP', () => {
  test('a packet with extension, sources and padding has the right payload', () => {
    // RFC 3550 §5.1: V=2 P X CC=1, marker, type 96; one CSRC; extension of one word; payload aabb; two bytes of padding.
    const packet = parseRtp(hex('b1e0 0001 00000002 00000003 00000004 bede0001 00000000 aabb 0002'));
    expect(packet).toMatchObject({ marker: true, payloadType: 96, sequence: 1, timestamp: 2, ssrc: 3 });
    expect(Buffer.from(packet.payload).toString('hex')).toBe('aabb');
    expect(parseRtp(writeRtp(packet, packet.payload))).toEqual(packet);
  });

  test('reports come back from writing, and a cut one is skipped', () => {
    const report = { ssrc: 7, wallClock: 1_760_000_000_250, rtpTimestamp: 90_000, packets: 3, octets: 400 };
    const bytes = writeSenderReport(report);
    expect(parseRtcp(bytes)[0]).toMatchObject({ kind: 'sr', ...report, wallClock: expect.closeTo(report.wallClock, 2) });
    expect(parseRtcp(writeReceiverReport(9, []))).toEqual([{ kind: 'rr', ssrc: 9, blocks: [] }]);
    expect(parseRtcp(bytes.subarray(0, 20))).toEqual([]);
  });
});

describe('Digest', () => {
  test('answers the examples of RFC 7616 §3.9.1', () => {
    const nonce = '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v';
    const tail = `realm="http-auth@example.org", qop="auth, auth-int", nonce="${nonce}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"`;
    const attempt = {
      username: 'Mufasa',
      password: 'Circle of Life',
      method: 'GET',
      uri: '/dir/index.html',
      count: 1,
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    };
    const both = parseChallenges([`Digest ${tail}, algorithm=MD5`, `Digest ${tail}, algorithm=SHA-256`]);
    expect(answerChallenge(both, attempt)).toContain('response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"');
    expect(answerChallenge(both.slice(0, 1), attempt)).toContain('response="8ca523f5e9506fed4657c9700eebdbec"');
  });

  test('never answers Basic, and reads several challenges in one header', () => {
    expect(answerChallenge(parseChallenges('Basic realm="x"'), { username: 'a', password: 'b', method: 'GET', uri: '/', count: 1 })).toBeUndefined();
    const mixed = parseChallenges('Basic realm="a, b", Digest realm=cam, nonce=abc==, stale=FALSE');
    expect(mixed.map((one) => one.scheme)).toEqual(['basic', 'digest']);
    expect(mixed[1]!.parameters.get('nonce')).toBe('abc==');
  });

  test('the door opens for the right password only, and calls an old nonce stale', () => {
    let now = 1_000_000;
    const door = new DigestDoor({ realm: 'r', now: () => now, validFor: 1_000 });
    const challenges = parseChallenges(door.challenge());
    const sign = (password: string) => answerChallenge(challenges, { username: 'u', password, method: 'PLAY', uri: 'rtsp://h/a', count: 1 })!;
    expect(door.verify(sign('p'), 'PLAY', () => 'p')).toEqual({ username: 'u', uri: 'rtsp://h/a' });
    expect(door.verify(sign('p'), 'PAUSE', () => 'p')).toBeUndefined();
    expect(door.verify(sign('q'), 'PLAY', () => 'p')).toBeUndefined();
    expect(door.verify(sign('p'), 'PLAY', () => undefined)).toBeUndefined();
    now += 2_000;
    expect(door.verify(sign('p'), 'PLAY', () => 'p')).toBe('stale');
  });
});
