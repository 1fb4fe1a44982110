/** The addresses that cameras give: stream URLs, bases and controls of tracks, redirects. Lines: URL, Content-Base, Content-Location, control, Location. */
import { baseOf, controlUrl, parseTarget, redirectTarget } from '../../../adapters/protocols/rtsp/address.ts';
import { RtspFailure } from '../../../adapters/protocols/rtsp/failure.ts';
import { textOf } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

const seeds = [
  'rtsp://admin:pw@10.0.0.9:554/Streaming/Channels/101?transportmode=unicast#x\nrtsp://10.0.0.9/Streaming/Channels/101/\n\ntrackID=1\nrtsp://10.0.0.9:8554/',
  'rtsp://[fe80::1]:554\n\nrtsp://rtsp://0.0.0.0/a\nrtsp://192.168.1.9/live/track2\nrtsp://evil/',
  'rtsps://u:p@ss@10.0.0.9/live\n\n\nrtsp://10.0.0.9/live/a\nrtsp://10.0.0.9/',
  'rtsp://cam/live?channel=1&subtype=0\n/live\n10.0.0.9/x\n*\nrtsp://CAM/',
];

export const rtspAddressTarget: FuzzTarget = {
  name: 'rtsp-address',
  seeds: () => seeds.map((text) => Buffer.from(text)),
  longest: 16 * 1024,
  allows: (error) => error instanceof RtspFailure,
  run(input) {
    const [url = '', contentBase, contentLocation, control, location] = textOf(input).split('\n');
    const target = parseTarget(url);
    must(!/[\s@#]/.test(target.uri) || /^rtsps?:\/\/[^/?@]+[/?]/.test(target.uri), 'no credentials go on the wire', () => target.uri);
    const origin = /^rtsps?:\/\/[^/?]+/i.exec(target.uri)?.[0] ?? '';
    const track = controlUrl(target, baseOf(target, contentBase, contentLocation), control);
    must(track.startsWith(origin) && /^($|[/?])/.test(track.slice(origin.length)), 'a track stays on its camera', () => [target.uri, track]);
    if (location === undefined) return;
    const to = redirectTarget(target, location);
    must(to.host.toLowerCase() === target.host.toLowerCase() && (to.secure || !target.secure), 'a redirect stays on the host, and on TLS', () => to);
  },
};
