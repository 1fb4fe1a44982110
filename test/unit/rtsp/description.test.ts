import { expect, test } from 'vitest';
import { parseTarget } from '../../../adapters/protocols/rtsp/address.ts';
import { readDescription } from '../../../adapters/protocols/rtsp/description.ts';
import { mediaFixture } from '../../support/rtp-captures.ts';

function describeWith(sdp: string | Buffer) {
  return readDescription(parseTarget('rtsp://10.0.0.5/live'), {
    kind: 'response',
    status: 200,
    reason: 'OK',
    headers: new Map([['content-base', ['rtsp://10.0.0.5/live/']]]),
    body: Buffer.from(sdp),
  });
}

test('a description has the tracks that can be carried, and where each is set up', () => {
  const { video, audio, urlOf } = describeWith(mediaFixture('sdp/dahua-c5a-backchannel.sdp'));
  expect(video.codec).toBe('h265');
  expect(urlOf(video)).toBe('rtsp://10.0.0.5/live/trackID=0');
  expect(audio?.codec).toBe('pcma');
  expect(urlOf(audio!)).toBe('rtsp://10.0.0.5/live/trackID=1');
});

test.each([
  ['m=video 0 RTP/AVP 26\r\na=rtpmap:26 JPEG/90000', 'offers no H.264 or H.265 video, but JPEG.'],
  [
    'm=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=fmtp:96 sprop-max-don-diff=4',
    'offers no H.264 or H.265 video, but H265 with sprop-max-don-diff=4.',
  ],
  ['m=audio 0 RTP/AVP 8', 'offers no H.264 or H.265 video, but none.'],
])('without such a video it is refused, and the sentence says what there is: %s', (media, sentence) => {
  expect(() => describeWith(`v=0\r\n${media}\r\n`)).toThrow(sentence);
});
