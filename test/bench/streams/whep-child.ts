/** WebRTC viewers in a process of their own: other people's receiver (werift). Told `mark` and `tell`; ends with its standard input. */
import { createInterface } from 'node:readline';
import { RTCPeerConnection, RTCRtpCodecParameters, type RtpPacket } from 'werift';
import { quantileOf } from '../../support/measure-figures.ts';
import type { ViewerSeen } from '../../support/measure-viewers.ts';
import { markIn, systemMillis } from '../../support/picture-mark.ts';

interface Viewer {
  seen(): ViewerSeen;
  latencies(): readonly number[];
  mark(): void;
  leave(): Promise<unknown>;
}

const keyframeUnit = 5;

async function watch(url: string, { origin, cookie }: { readonly origin: string; readonly cookie: string }): Promise<Viewer> {
  const calledAt = systemMillis();
  const connection = new RTCPeerConnection({ iceServers: [], codecs: { video: [h264], audio: [] } });
  let sequences = new Set<number>();
  let marked = new Set<number>();
  let latencies: number[] = [];
  let pictures = 0;
  let played: number | null = null;
  let firstPacket: number | null = null;
  let firstKeyframe: number | null = null;
  const take = ({ header, payload }: RtpPacket) => {
    const now = systemMillis();
    firstPacket ??= now - calledAt;
    sequences.add(header.sequenceNumber);
    if (header.marker) pictures += 1;
    const mark = markIn(payload);
    if (mark && !marked.has(mark.picture)) {
      marked.add(mark.picture);
      latencies.push(now - mark.sentAt);
    }
    const type = (payload[0] ?? 0) & 0x1f;
    if (type === keyframeUnit || (type === 28 && ((payload[1] ?? 0) & 0x1f) === keyframeUnit)) firstKeyframe ??= now - calledAt;
  };
  connection.onTrack.subscribe((track) => track.onReceiveRtp.subscribe(take));
  connection.addTransceiver('video', { direction: 'recvonly' });
  await connection.setLocalDescription(await connection.createOffer());
  const answer = await fetch(url, {
    method: 'POST',
    headers: { origin, cookie, 'content-type': 'application/sdp' },
    body: connection.localDescription?.sdp ?? '',
  });
  if (answer.status !== 201) throw new Error(`The gateway answered ${answer.status} to an offer: ${await answer.text()}`);
  played = systemMillis() - calledAt;
  await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
  return {
    seen: () => ({
      ...{ packets: sequences.size, pictures, played, firstPacket, firstKeyframe },
      sequenceGaps: missingIn([...sequences], 2 ** 16),
      pictureGaps: missingIn([...marked], 2 ** 32),
      closed: connection.connectionState === 'closed' || connection.connectionState === 'failed',
    }),
    latencies: () => latencies,
    mark: () => {
      sequences = new Set();
      marked = new Set();
      latencies = [];
      pictures = 0;
    },
    leave: () => fetch(new URL(answer.headers.get('location') ?? '', origin), { method: 'DELETE', headers: { origin, cookie } }),
  };
}

/** Numbers that are not there between the first and the last; datagrams may come in any order, and again. */
function missingIn(numbers: readonly number[], modulus: number): number {
  const [first] = numbers;
  if (first === undefined) return 0;
  const offsets = numbers.map((number) => {
    const step = (((number - first) % modulus) + modulus) % modulus;
    return step < modulus / 2 ? step : step - modulus;
  });
  return Math.max(...offsets) - Math.min(...offsets) + 1 - offsets.length;
}

const h264 = new RTCRtpCodecParameters({
  mimeType: 'video/H264',
  clockRate: 90_000,
  rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
  parameters: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
});

const [origin = '', cookie = '', ...cameras] = process.argv.slice(2);
const viewers: Viewer[] = [];
for (const camera of cameras) viewers.push(await watch(`${origin}/media/v1/channels/cam-${camera}/whep?profile=main`, { origin, cookie }));
const tell = () => {
  const latencies = viewers.flatMap((viewer) => viewer.latencies());
  const at = (quantile: number) => (latencies.length === 0 ? null : quantileOf(latencies, quantile));
  const first = { count: latencies.length, p50: at(0.5), p99: at(0.99), most: at(1) };
  process.stdout.write(`${JSON.stringify({ first, whole: first, viewers: viewers.map(({ seen }) => seen()) })}\n`);
};
createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'tell') tell();
    else for (const viewer of viewers) viewer.mark();
  })
  .on('close', () => void Promise.allSettled(viewers.map(({ leave }) => leave())).then(() => process.exit(0)));
process.stdout.write('ready\n');
