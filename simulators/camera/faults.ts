/** The named faults of a simulated camera (onvif-rtsp §6.4; those of RTSP alone are in rtsp-faults.ts, of events in event-faults.ts), and the crooked ways of sending a reply that both its servers share. */
import type { Socket } from 'node:net';
import type { Clock } from '../../gateway/domain/ports.ts';
import { seconds } from '../../gateway/domain/time.ts';
import { eventFaults } from './event-faults.ts';
import { rtspFaults } from './rtsp-faults.ts';

export const cameraFaults = [
  /** Listeners closed, connections reset: no power. */
  'off',
  /** Nobody's password is right any more: it was changed on the camera. */
  'wrong-password',
  /** Its ONVIF services take the password, its streams refuse it: the account may not see pictures. */
  'stream-password',
  /** Connections are accepted, nothing is ever answered or sent. */
  'silent',
  /** RTSP answers, keepalives too, but no picture comes; the first one after it is a keyframe. */
  'stalled',
  /** Every address that it names is on a host that is not it. */
  'wrong-host-xaddr',
  /** It does not know its own address: every one that it names is http://0.0.0.0. */
  'wildcard-xaddr',
  /** Over HTTPS: every address that it names is http://. */
  'http-xaddr',
  /** SOAP calls are redirected to a host that is not it. */
  'redirect',
  /** Over HTTPS: it shows another certificate than before. */
  'other-certificate',
  /** Three wrong passwords in a row lock the account for five minutes, the right one too. */
  'lockout',
  /** No Media service, only Media2. */
  'media2-only',
  /** Model, profiles and tokens are Chinese, with everything in them that XML must escape. */
  'foreign-names',
  /** SOAP calls are answered with HTTP 200 and nothing. */
  'empty-reply',
  /** Replies come one byte a second. */
  'slow-drip',
  /** Replies of 16 MiB. */
  'huge-reply',
  /** SOAP replies begin with a DOCTYPE that defines an entity. */
  'doctype',
  /** Replies end in the middle. */
  'truncated',
  ...rtspFaults,
  ...eventFaults,
] as const;

export type CameraFault = (typeof cameraFaults)[number];
export type Faults = ReadonlySet<CameraFault>;

/** Of the documentation range (RFC 5737): nobody is there. */
export const wrongHost = '203.0.113.7';

const hugeBytes = 16 * 1024 * 1024;
const hugeChunk = Buffer.alloc(64 * 1024, 'a');

/**
 * Sends a whole message (head with Content-Length, body) as the faults have it. `grow` makes the head of a reply with a body of so many bytes.
 * Resolves when all is sent or the other side has gone.
 */
export async function sendCrooked(
  socket: Socket,
  message: { readonly head: (bodyBytes: number) => string; readonly body: Uint8Array },
  faults: Faults,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const { head, body } = message;
  if (faults.has('huge-reply')) {
    socket.write(head(hugeBytes));
    for (let sent = 0; sent < hugeBytes && !socket.destroyed; sent += hugeChunk.length) {
      if (!socket.write(hugeChunk)) await drained(socket);
    }
    return;
  }
  const bytes = Buffer.concat([Buffer.from(head(body.length)), body]);
  if (faults.has('truncated')) {
    socket.end(bytes.subarray(0, bytes.length - Math.ceil(body.length / 2) - 1));
    return;
  }
  if (!faults.has('slow-drip')) {
    socket.write(bytes);
    return;
  }
  for (let at = 0; at < bytes.length && !socket.destroyed && !signal.aborted; at += 1) {
    socket.write(bytes.subarray(at, at + 1));
    await clock.sleep(seconds(1), signal).catch(() => undefined); // aborted: the loop ends
  }
}

export const sendsCrooked = (faults: Faults) => faults.has('huge-reply') || faults.has('truncated') || faults.has('slow-drip');

/** Resolves once its buffer is empty, or it is gone. */
export function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.once('drain', done);
    socket.once('close', done);
  });
}
