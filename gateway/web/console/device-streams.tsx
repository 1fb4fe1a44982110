/** What a technician asks of a camera's streams: what comes, how much, how well, and how old the newest picture is. */
import { Table } from 'antd';
import type { StreamTelemetry } from '../../domain/media.ts';
import { codecName } from '../player/player-state.ts';
import type { Say } from '../shared/texts.ts';

interface DeviceStreamsProps {
  readonly streams: readonly StreamTelemetry[];
  /** The gateway's clock, epoch ms. */
  readonly now: number;
  readonly say: Say;
}

const unknown = '—';

export function DeviceStreams({ streams, now, say }: DeviceStreamsProps) {
  if (streams.length === 0) return <p className="quiet">{say('streamIdle')}</p>;
  const inSeconds = (millis: number | undefined, digits = 1) =>
    millis === undefined ? unknown : say('figureSeconds', { n: (millis / 1_000).toFixed(digits) });
  return (
    <Table<StreamTelemetry>
      rowKey="profile"
      size="small"
      pagination={false}
      scroll={{ x: 1100 }}
      dataSource={[...streams]}
      columns={[
        { title: say('streams'), render: (_, { profile }) => say(profile === 'main' ? 'streamMain' : 'streamSub') },
        { title: say('figureCodec'), render: (_, { codec }) => (codec ? `${codecName(codec)} (${codec})` : unknown) },
        { title: say('figureSize'), render: (_, { width, height }) => (width && height ? `${width} × ${height}` : unknown) },
        { title: say('streamRate'), render: (_, { framesPerSecond }) => say('figureRate', { n: framesPerSecond.toFixed(1) }) },
        { title: say('streamBits'), render: (_, { bitsPerSecond }) => say('figureBits', { n: Math.round(bitsPerSecond / 1_000) }) },
        { title: say('streamKeyframes'), render: (_, { keyframeInterval }) => inSeconds(keyframeInterval) },
        { title: say('streamLost'), dataIndex: 'lostPackets' },
        { title: say('streamJitter'), render: (_, { jitter }) => say('figureMillis', { n: Math.round(jitter) }) },
        {
          title: say('streamAge'),
          render: (_, { lastFrameAt }) => (lastFrameAt === undefined ? say('never') : inSeconds(Math.max(0, now - lastFrameAt), 0)),
        },
        { title: say('streamRing'), render: (_, { ring }) => (ring ? `${inSeconds(ring.reach, 0)} / ${inSeconds(ring.wanted, 0)}` : unknown) },
        { title: say('streamWatched'), render: (_, { viewers }) => say('viewers', { n: viewers }) },
        { title: say('reason'), render: (_, { state, reason }) => (state === 'playing' ? '' : reason) },
      ]}
    />
  );
}
