/** Transport headers and request paths, as cameras answer and as viewers ask. Lines: Transport, request URI. */
import { readTransport } from '../../../adapters/protocols/rtsp/transport.ts';
import { parsePath } from '../../../adapters/viewers/rtsp-server-sdp.ts';
import { chooseLane, laneText } from '../../../adapters/viewers/rtsp-server-transport.ts';
import { textOf } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

const seeds = [
  'RTP/AVP/TCP;unicast;interleaved=0-1;ssrc= 4e00a1\nrtsp://10.0.0.2:8554/gate/main/trackID=1?token=x',
  'RTP/AVP;unicast;client_port=5000-5001;server_port=6970-6971;source=10.0.0.9,RTP/AVP/TCP;interleaved=2-3\nrtsps://h/a-1/sub/',
  'RTP/AVP/UDP;multicast;destination=239.1.1.1;port=5000-5001;ttl=16\nrtsp://h/gate/main',
];

export const rtspTransportTarget: FuzzTarget = {
  name: 'rtsp-transport',
  seeds: () => seeds.map((text) => Buffer.from(text)),
  longest: 16 * 1024,
  allows: () => false,
  words: ['RTP/AVP/TCP', 'unicast', 'interleaved=', 'client_port=', 'server_port=', 'ssrc=', ';', ','],
  run(input) {
    const [header = '', uri = ''] = textOf(input).split('\n');
    const { ssrc = 0 } = readTransport(header);
    must(Number.isInteger(ssrc) && ssrc >= 0 && ssrc < 2 ** 32, 'an SSRC has 32 bits', () => ssrc);
    const lane = chooseLane(header, { udp: true, usual: 0 });
    if (lane) {
      const most = lane.kind === 'tcp' ? 255 : 65_535;
      must(lane.rtp <= most && lane.rtcp <= most && lane.rtp !== lane.rtcp, 'a lane has two places', () => lane);
      const answer = laneText(lane, { rtp: 7_000, rtcp: 7_001 });
      const places = lane.kind === 'tcp' ? readTransport(answer).channels : readTransport(answer).serverPorts;
      must(places !== undefined, 'our answers can be read', () => answer);
    }
    const path = parsePath(uri);
    if (path) must(/^[a-z0-9][a-z0-9_-]{0,62}$/.test(path.channel), 'a channel is a name', () => path);
  },
};
