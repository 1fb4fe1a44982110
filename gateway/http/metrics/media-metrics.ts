/** Metrics of streams, each labelled with its channel and profile, and of what serves their viewers. docs/metrics.md is their table. */
import type { Registry } from 'prom-client';
import type { StreamTelemetry } from '../../domain/media.ts';
import type { HttpParts } from '../ports.ts';
import { counter, gauge } from './families.ts';

type MediaParts = Pick<HttpParts, 'telemetry' | 'clock' | 'webrtc' | 'uplinkBudget' | 'mediaRestarts'>;
/** Undefined: the stream has no such figure, and no line. */
type Figure = (stream: StreamTelemetry) => number | undefined;

const labels = ['channel', 'profile'] as const;
const inSeconds = (millis: number | undefined) => (millis === undefined ? undefined : millis / 1_000);

export function mediaMetrics(registry: Registry, parts: MediaParts): void {
  streamMetrics(registry, parts);
  viewerMetrics(registry, parts);
}

function streamMetrics(registry: Registry, { telemetry, clock }: MediaParts): void {
  const lines = function* (figure: Figure) {
    for (const stream of telemetry.latest) {
      const value = figure(stream);
      if (value !== undefined) yield { of: { channel: stream.channel, profile: stream.profile }, value };
    }
  };
  const figure = (name: string, help: string, read: Figure) =>
    gauge(registry, name, help, labels, (own) => {
      for (const { of, value } of lines(read)) own.set(of, value);
    });
  const total = (name: string, help: string, read: Figure) =>
    counter(registry, name, help, labels, (own) => {
      for (const { of, value } of lines(read)) own.inc(of, value);
    });

  figure('stream_frames_per_second', 'Pictures per second.', (stream) => stream.framesPerSecond);
  figure('stream_bits_per_second', 'Bit rate.', (stream) => stream.bitsPerSecond);
  figure('stream_keyframe_interval_seconds', 'Between the last two keyframes.', (stream) => inSeconds(stream.keyframeInterval));
  figure('stream_jitter_seconds', 'Interarrival jitter of pictures (RFC 3550).', (stream) => inSeconds(stream.jitter));
  figure('stream_last_frame_age_seconds', 'Since the newest picture was taken.', ({ lastFrameAt }) =>
    lastFrameAt === undefined ? undefined : Math.max(0, clock.now() - lastFrameAt) / 1_000,
  );
  figure('stream_viewers', 'Viewers of the stream.', (stream) => stream.viewers);
  figure('stream_ring_reach_seconds', 'How far back the recording in memory reaches without a gap.', ({ ring }) => inSeconds(ring?.reach));
  figure('stream_ring_bytes', 'Memory of the recording.', ({ ring }) => ring?.bytes);
  total('stream_frames_total', 'Pictures since the stream was opened.', (stream) => stream.frames);
  total('stream_lost_packets_total', 'RTP packets that never came.', (stream) => stream.lostPackets);
  total('stream_skipped_frames_total', 'Pictures that slow viewers did not get.', (stream) => stream.skippedFrames);
}

function viewerMetrics(registry: Registry, { telemetry, webrtc, uplinkBudget, mediaRestarts }: MediaParts): void {
  counter(registry, 'media_worker_restarts_total', 'Times that the media worker had to be replaced.', ['cause'], (own) => {
    for (const [cause, count] of Object.entries(mediaRestarts())) own.inc({ cause }, count);
  });
  gauge(registry, 'media_owed_bytes', 'Bytes that all viewers of the media worker together have not yet taken.', [], (own) => {
    if (telemetry.figures) own.set(telemetry.figures.owedBytes);
  });
  counter(registry, 'media_viewers_closed_total', 'Viewers that were let go because all together owed too many bytes.', [], (own) =>
    own.inc(telemetry.figures?.viewersClosed ?? 0),
  );
  gauge(registry, 'media_rtp_receivers', 'Receivers at the police side that are sent a stream by RTP.', [], (own) => {
    if (telemetry.figures) own.set(telemetry.figures.rtpReceivers);
  });
  gauge(registry, 'transcoding_slots', 'Streams that may be made into H.264 at once.', [], (own) => {
    if (telemetry.figures) own.set(telemetry.figures.transcoding.slots);
  });
  gauge(registry, 'transcoding_slots_in_use', 'Streams that are made into H.264 now.', [], (own) => {
    if (telemetry.figures) own.set(telemetry.figures.transcoding.used);
  });
  counter(registry, 'transcoding_refused_total', 'Viewers for whom no slot was free.', [], (own) =>
    own.inc(telemetry.figures?.transcoding.refused ?? 0),
  );
  gauge(registry, 'webrtc_viewers', 'Viewers by WebRTC.', [], (own) => own.set(webrtc?.viewers ?? 0));
  gauge(registry, 'webrtc_viewer_places', 'Viewers by WebRTC that may be at once.', [], (own) => own.set(webrtc?.places ?? 0));
  gauge(registry, 'uplink_budget_bytes_per_second', 'What may leave towards the police side; 0: no limit.', [], (own) => own.set(uplinkBudget.limit));
  gauge(
    registry,
    'uplink_budget_used_bytes_per_second',
    'What left towards the police side in the last second, while there is a limit.',
    ['purpose'],
    (own) => {
      for (const [purpose, bytes] of Object.entries(uplinkBudget.used())) own.set({ purpose }, bytes);
    },
  );
}
