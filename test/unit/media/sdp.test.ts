import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { h264Video } from '../../../adapters/protocols/h26x/h264-video.ts';
import { h265Video } from '../../../adapters/protocols/h26x/h265-video.ts';
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import { type DescribedTrack, mediaSection } from '../../../adapters/protocols/sdp/media-section.ts';
import { parseSdp, writeSdp } from '../../../adapters/protocols/sdp/sdp.ts';
import { findTracks } from '../../../adapters/protocols/sdp/tracks.ts';
import { hex, mediaFixture } from '../../support/rtp-captures.ts';
import { parameterSets } from '../../support/rtsp-camera.ts';

const hbr = { sizeLength: 13, indexLength: 3, indexDeltaLength: 3 };

function tracksOf(fixture: string) {
  return findTracks(parseSdp(mediaFixture(fixture)));
}

/** The tracks of media sections written by hand. */
function found(...lines: readonly string[]) {
  return findTracks(parseSdp(['v=0', ...lines].join('\r\n')));
}

describe('the video of an SDP', () => {
  test('by ffmpeg has its parameter sets and codec', () => {
    const { video } = tracksOf('ffmpeg-rtp.sdp');
    expect(video).toMatchObject({ codec: 'h264', payloadType: 96, clockRate: 90_000 });
    expect(h264Video.facts(video!.parameterSets)).toEqual({ codecs: 'avc1.4d400d', width: 320, height: 240, framesPerSecond: 25 });
    const other = tracksOf('ffmpeg-h265.sdp').video;
    expect(other).toMatchObject({ codec: 'h265', payloadType: 96, clockRate: 90_000 });
    expect(h265Video.facts(other!.parameterSets)).toEqual({ codecs: 'hvc1.1.6.L60.90', width: 160, height: 120, framesPerSecond: 25 });
  });

  test('with unknown media, broken lines and a folded fmtp is there, and so is the sound (quirks 16, 17)', () => {
    const { video, audio, dropped } = tracksOf('sdp/tplink-unknown-media-folded-fmtp.sdp');
    expect(video?.control).toBe('track1');
    expect(h264Video.facts(video!.parameterSets)).toMatchObject({ codecs: 'avc1.640029', width: 1920, height: 1080 });
    expect(audio).toEqual({ kind: 'audio', codec: 'pcma', payloadType: 8, clockRate: 8_000, channels: 1, control: 'track2' });
    expect(dropped).toEqual([]);
  });

  test('on a static payload type, with start codes in its parameter sets, is H.264 (quirks 18, 24)', () => {
    const { video } = tracksOf('sdp/bosch-pt35-annexb-sprop.sdp');
    expect(video?.payloadType).toBe(35);
    expect(video?.parameterSets.map((set) => set[0]! & 0x1f)).toEqual([7, 8]);
    expect(h264Video.facts(video!.parameterSets)).toMatchObject({ codecs: 'avc1.4d001f', width: 1280, height: 720 });
  });

  test.each([
    ['sdp/hikvision-h265.sdp', 'trackID=1'],
    ['sdp/ezviz-h265-with-h264-parameters.sdp', 'rtsp://192.168.1.58:554/h264_stream/trackID=1'],
  ])('of %s is H.265 whose parameter sets come in band', (fixture, control) => {
    expect(tracksOf(fixture).video).toEqual({ kind: 'video', codec: 'h265', payloadType: 96, clockRate: 90_000, parameterSets: [], control });
  });

  test('of Dahua has its H.265 parameter sets, in whatever order they are sent', () => {
    const { video } = tracksOf('sdp/dahua-c5a-backchannel.sdp');
    expect(video?.parameterSets.map((set) => set[0]! >> 1)).toEqual([32, 33, 34]);
    expect(h265Video.facts(video!.parameterSets)).toEqual({ codecs: 'hvc1.1.6.L150', width: 2880, height: 1620, framesPerSecond: 30 });
  });

  test('of H3C is there in spite of broken o= and c= lines, and metadata is not worth a word (quirk 16)', () => {
    const { video, audio, dropped } = tracksOf('sdp/h3c-broken-connection-metadata.sdp');
    expect(h264Video.facts(video!.parameterSets)).toMatchObject({ codecs: 'avc1.640032', width: 2560, height: 1440 });
    expect(audio).toBeUndefined();
    expect(dropped).toEqual([]);
  });

  test('is the first that can be carried', () => {
    const { video, dropped } = found(
      ...['m=video 0 RTP/AVP 26', 'a=rtpmap:26 JPEG/90000', 'm=video 0 RTP/AVP 98', 'a=rtpmap:98 H265/90000', 'a=fmtp:98 sprop-max-don-diff=2'],
      ...['m=video 0 RTP/AVP 97 96', 'a=rtpmap:97 VP8/90000', 'a=rtpmap:96 h264/90000', 'm=video 0 RTP/AVP 99', 'a=rtpmap:99 H265/90000'],
    );
    expect(video).toMatchObject({ codec: 'h264', payloadType: 96 });
    expect(dropped).toEqual([
      { kind: 'video', encodings: ['JPEG'], why: 'codec' },
      { kind: 'video', encodings: ['H265'], why: 'parameters', detail: 'sprop-max-don-diff=2' },
      { kind: 'video', encodings: ['H265'], why: 'spare' },
    ]);
  });

  test('is none where there is none', () => {
    expect(found('m=audio 0 RTP/AVP 0')).toMatchObject({ video: undefined, audio: { codec: 'pcmu' } });
    expect(found()).toEqual({ video: undefined, audio: undefined, dropped: [] });
  });
});

describe('the sound of an SDP', () => {
  test('for the loudspeaker is not that of the microphone', () => {
    const { audio, dropped } = tracksOf('sdp/dahua-c5a-backchannel.sdp');
    expect(audio).toMatchObject({ codec: 'pcma', control: 'trackID=1' });
    expect(dropped).toEqual([{ kind: 'audio', encodings: ['PCMA'], why: 'backchannel' }]);
  });

  test('may come before the video, on a static type that nobody explains', () => {
    const { video, audio, dropped } = tracksOf('sdp/avigilon-audio-first-static-type.sdp');
    expect(video).toMatchObject({ codec: 'h264', payloadType: 96 });
    expect(audio).toMatchObject({ codec: 'pcmu', payloadType: 0, clockRate: 8_000, channels: 1 });
    expect(audio?.control).toContain('micCfg0');
    expect(dropped).toEqual([{ kind: 'audio', encodings: ['pcmu', 'opus'], why: 'backchannel' }]);
  });

  test('of ffmpeg is G.711 without a line that says so', () => {
    expect(tracksOf('ffmpeg-pcma.sdp').audio).toMatchObject({ codec: 'pcma', payloadType: 8, clockRate: 8_000, channels: 1 });
  });

  test.each([
    ['ffmpeg-aac.sdp', { payloadType: 97, clockRate: 16_000, channels: 1 }, '1408'],
    ['sdp/dahua-h265-aac.sdp', { payloadType: 97, clockRate: 8_000, channels: 1 }, '1588'],
    ['sdp/hikvision-aac-other-fmtp-number.sdp', { payloadType: 104, clockRate: 16_000, channels: 1 }, '1408'],
  ])('of %s is AAC', (fixture, expected, config) => {
    expect(tracksOf(fixture).audio).toMatchObject({ codec: 'aac', ...expected, aac: { config: new Uint8Array(hex(config)), ...hbr } });
  });

  test('marked as backchannel is no backchannel where everything is (quirk 27)', () => {
    const { video, audio, dropped } = tracksOf('sdp/latm-without-config.sdp');
    expect(video).toMatchObject({ codec: 'h264' });
    expect(audio).toBeUndefined();
    expect(dropped).toEqual([{ kind: 'audio', encodings: ['MP4A-LATM'], why: 'codec' }]);
    expect(found('m=audio 0 RTP/AVP 8', 'a=sendonly').audio).toMatchObject({ codec: 'pcma' });
    expect(found('m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=sendonly', 'm=audio 0 RTP/AVP 8').video).toMatchObject({ codec: 'h264' });
  });

  test.each([
    ['lengths that are left out', 'streamtype=5; mode=AAC-hbr; config=1408', { aac: { config: hex('1408'), ...hbr } }],
    ['a size alone', 'mode=AAC-hbr;config=1408;sizeLength=13', { aac: { config: hex('1408'), sizeLength: 13, indexLength: 0, indexDeltaLength: 0 } }],
    ['low bit rate', 'mode=AAC-lbr;config="1408"', { aac: { config: hex('1408'), sizeLength: 6, indexLength: 2, indexDeltaLength: 2 } }],
    ['no config', 'mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3', { aac: { config: hex('1408'), ...hbr } }],
  ])('with %s is still AAC', (_, format, expected) => {
    const { audio } = found('m=audio 0 RTP/AVP 97', 'a=rtpmap:97 mpeg4-generic/16000/1', `a=fmtp:97 ${format}`);
    expect({ aac: { ...audio?.aac, config: Buffer.from(audio?.aac?.config ?? []) } }).toEqual(expected);
  });

  test.each([
    ['97 mpeg4-generic/16000/1', 'mode=CELP-vbr;config=440880', 'parameters', 'mode=celp-vbr'],
    ['97 mpeg4-generic/16000/1', 'mode=AAC-hbr;config=1408;sizelength=13;ctsdeltalength=7', 'parameters', 'ctsdeltalength=7'],
    ['97 mpeg4-generic/16000/1', 'mode=AAC-hbr;config=1408;sizelength=-13', 'parameters', 'header lengths that cannot be read'],
    ['97 mpeg4-generic/16000/1', 'mode=AAC-hbr;config=zz', 'parameters', 'Expected more bits at bit 0, got the end.'],
    ['97 mpeg4-generic/12345/1', 'mode=AAC-hbr', 'parameters', 'no config, and 12345 Hz with 1 channels'],
    ['97 PCMA/8000/2', '', 'parameters', '2 channels'],
    ['97 PCMU/999999', '', 'parameters', '999999 Hz'],
    ['97 G726-32/8000', '', 'codec', undefined],
  ])('%s, %s is dropped, and the reason known', (map, format, why, detail) => {
    const { audio, dropped } = found('m=audio 0 RTP/AVP 97', `a=rtpmap:${map}`, ...(format === '' ? [] : [`a=fmtp:97 ${format}`]));
    expect(audio).toBeUndefined();
    expect(dropped).toMatchObject([{ kind: 'audio', why, ...(detail === undefined ? {} : { detail }) }]);
  });
});

describe('an SDP', () => {
  const tracks: readonly DescribedTrack[] = [
    { kind: 'video', codec: 'h264', payloadType: 96, clockRate: 90_000, parameterSets: parameterSets.map((set) => new Uint8Array(set)) },
    { kind: 'video', codec: 'h264', payloadType: 35, clockRate: 90_000, parameterSets: [] },
    { kind: 'video', codec: 'h265', payloadType: 98, clockRate: 90_000, parameterSets: tracksOf('ffmpeg-h265.sdp').video!.parameterSets },
    { kind: 'video', codec: 'h265', payloadType: 98, clockRate: 90_000, parameterSets: [] },
    { kind: 'audio', codec: 'pcma', payloadType: 8, clockRate: 8_000, channels: 1 },
    { kind: 'audio', codec: 'pcmu', payloadType: 100, clockRate: 16_000, channels: 1 },
    { kind: 'audio', codec: 'aac', payloadType: 104, clockRate: 16_000, channels: 1, aac: { config: Uint8Array.of(0x14, 0x08), ...hbr } },
    {
      kind: 'audio',
      codec: 'aac',
      payloadType: 104,
      clockRate: 44_100,
      channels: 2,
      aac: { config: Uint8Array.of(0x12, 0x10), sizeLength: 6, indexLength: 2, indexDeltaLength: 2 },
    },
  ];

  test.each(tracks)('written for $codec on $payloadType is read as it was', (track) => {
    const { video, audio } = findTracks(parseSdp(writeSdp({ attributes: [], media: [mediaSection(track, 'trackID=1')] })));
    expect(video ?? audio).toEqual({ ...track, control: 'trackID=1' });
  });

  test('of our own says what ffmpeg says', () => {
    const { video } = tracksOf('ffmpeg-h265.sdp');
    const formats = mediaFixture('ffmpeg-h265.sdp')
      .toString()
      .match(/a=fmtp:96 (.*)/)![1]!
      .trim();
    const [, format] = mediaSection(video!, '').attributes;
    expect(format?.value).toBe(`96 ${formats.replaceAll('; ', ';')}`);
  });

  test('comes back from writing as it went in', () => {
    const sdp = parseSdp(mediaFixture('ffmpeg-rtp.sdp'));
    expect(parseSdp(writeSdp(sdp))).toEqual(sdp);
  });

  test('of arbitrary text never does worse than ProtocolError', () => {
    const known = [
      'm=video 0 RTP/AVP 96',
      'm=audio 0 RTP/AVP 0 97',
      'a=rtpmap:96 H264/90000',
      'a=rtpmap:96 H265/90000',
      'a=rtpmap:97 MPEG4-GENERIC/1/1',
    ];
    const formats = [
      'a=fmtp:96 sprop-parameter-sets=Z0IA,',
      'a=fmtp:96 sprop-sps=QgEB;sprop-max-don-diff=x',
      'a=fmtp:97 mode=AAC-hbr;config=',
      'a=sendonly',
      ' x',
    ];
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(...known, ...formats, 'v=0'),
      fc.string().map((text) => `a=fmtp:97 config=${text};sizelength=${text}`),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        try {
          const { video, audio } = findTracks(parseSdp(lines.join('\r\n')));
          for (const track of [video, audio]) if (track) writeSdp({ attributes: [], media: [mediaSection(track, 'x')] });
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error;
        }
      }),
    );
  });
});
