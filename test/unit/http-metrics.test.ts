/** What `/metrics` says of streams and of those who serve their viewers, and that docs/metrics.md says the same. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { channelId } from '../../gateway/domain/ids.ts';
import type { StreamTelemetry } from '../../gateway/domain/media.ts';
import { instant, millis, seconds } from '../../gateway/domain/time.ts';
import { ManualClock } from '../../gateway/runtime/clock.ts';
import { packageRoot } from '../../gateway/runtime/package-root.ts';
import { type SchoolOptions, school } from '../support/http-school.ts';

const clock = new ManualClock();
const playing: StreamTelemetry = {
  ...{ channel: channelId('gate'), profile: 'main', state: 'playing', startedAt: clock.now(), codec: 'avc1.64001f' },
  ...{ framesPerSecond: 25, bitsPerSecond: 2_000_000, frames: 500, keyframes: 10, keyframeInterval: seconds(2) },
  ...{ lostPackets: 3, jitter: millis(4), lastFrameAt: instant(clock.now() - 250), viewers: 2, skippedFrames: 7 },
  ring: { reach: seconds(31), wanted: seconds(30), bytes: 8_000_000 },
};
/** Never a picture: what is not known has no line. */
const silent: StreamTelemetry = {
  ...{ channel: channelId('yard'), profile: 'sub', state: 'waiting', startedAt: clock.now() },
  ...{ framesPerSecond: 0, bitsPerSecond: 0, frames: 0, keyframes: 0, lostPackets: 0, jitter: millis(0), viewers: 1, skippedFrames: 0 },
};

async function scrape(options: SchoolOptions = {}) {
  await using campus = await school({ clock, ...options });
  campus.media.streams = [playing, silent];
  campus.media.whole = { owedBytes: 4_096, viewersClosed: 1, rtpReceivers: 6, transcoding: { slots: 2, used: 1, refused: 5 } };
  await campus.call('GET', '/api/v1/devices', { cookie: await campus.signIn('viewer') });
  const token = readFileSync(join(campus.folder, 'metrics.token'), 'utf8').trim();
  return (await campus.call('GET', '/metrics', { headers: { authorization: `Bearer ${token}` } })).text;
}

test('every stream tells its rates, loss, age, viewers and recording, by channel and profile alone', async () => {
  const text = await scrape();
  const of = (channel: string) => text.split('\n').filter((line) => /^stream_/.test(line) && line.includes(`"${channel}"`));
  expect(of('gate').map((line) => line.replace('{channel="gate",profile="main"}', ''))).toEqual([
    'stream_frames_per_second 25',
    'stream_bits_per_second 2000000',
    'stream_keyframe_interval_seconds 2',
    'stream_jitter_seconds 0.004',
    'stream_last_frame_age_seconds 0.25',
    'stream_viewers 2',
    'stream_ring_reach_seconds 31',
    'stream_ring_bytes 8000000',
    'stream_frames_total 500',
    'stream_lost_packets_total 3',
    'stream_skipped_frames_total 7',
  ]);
  expect(of('yard').join('\n')).not.toMatch(/keyframe_interval|last_frame_age|ring/);
});

test('owed bytes, transcoding slots, restarts, WebRTC viewers and the uplink budget are told', async () => {
  const webrtc = { viewers: 3, places: 16, has: () => false, end: () => undefined, answer: () => Promise.reject(new Error('not asked')) };
  const uplinkBudget = { limit: 1_000_000, pressed: false, take: () => true, used: () => ({ alarm: 300, patrol: 200 }) };
  const text = await scrape({ webrtc, uplinkBudget, mediaRestarts: { stuck: 2 } });
  for (const line of [
    'media_worker_restarts_total{cause="stuck"} 2',
    'media_owed_bytes 4096',
    'media_viewers_closed_total 1',
    'media_rtp_receivers 6',
    'transcoding_slots 2',
    'transcoding_slots_in_use 1',
    'transcoding_refused_total 5',
    'webrtc_viewers 3',
    'webrtc_viewer_places 16',
    'uplink_budget_bytes_per_second 1000000',
    'uplink_budget_used_bytes_per_second{purpose="alarm"} 300',
    'uplink_budget_used_bytes_per_second{purpose="patrol"} 200',
    'sockets_owed_bytes{kind="media"} 0',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('docs/metrics.md names every metric, and no other', async () => {
  const told = [...(await scrape()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  const documented = [...readFileSync(`${packageRoot}/docs/metrics.md`, 'utf8').matchAll(/^\| `([a-z_0-9]+)`/gm)].map(([, name]) => name);
  expect(documented.toSorted()).toEqual(told.toSorted());
});
