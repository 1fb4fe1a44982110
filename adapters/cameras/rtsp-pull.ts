/** The stream source for cameras that speak RTSP: the protocol's session under the media plane's port. */
import { isGatewayError } from '../../gateway/domain/errors.ts';
import type { CameraId } from '../../gateway/domain/ids.ts';
import type { StreamSource } from '../../gateway/domain/media-ports.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import type { Millis } from '../../gateway/domain/time.ts';
import type { Words } from '../../gateway/domain/words.ts';
import { playRtsp } from '../protocols/rtsp/client.ts';
import type { CameraHabits } from '../protocols/rtsp/habits.ts';
import type { MissingAudio, RtspPlayer } from '../protocols/rtsp/order.ts';
import { UdpPorts, type UdpRange } from '../protocols/rtsp/udp-ports.ts';
import { coded } from './coded.ts';

interface RtspSourceSettings {
  readonly cameraPorts: UdpRange;
  /** After which a playing camera counts as gone. */
  readonly silence: Millis;
}

export function rtspSource(clock: Clock, { cameraPorts, silence }: RtspSourceSettings): StreamSource {
  const ports = new UdpPorts(cameraPorts);
  const learned = new Map<CameraId, CameraHabits>();
  return {
    async pull({ camera, profile, url, username, password, fingerprint256, transport }, receiver, signal) {
      const credentials = username === undefined ? {} : { credentials: { username, password: password ?? '' } };
      const habits = learned.get(camera) ?? {};
      learned.set(camera, habits);
      const player: RtspPlayer = {
        begin: ({ video, audio, missingAudio }) =>
          receiver.begin({ video, ...(audio ? { audio } : {}), ...(missingAudio ? { audioReason: wordsFor(missingAudio) } : {}) }),
        packet: (track, bytes, start, end) => receiver.packet(track, bytes, start, end),
        endOfRead: () => receiver.endOfRead(),
        clock: (track, clock) => receiver.clock(track, clock),
        garbage: () => receiver.slip('garbage'),
      };
      try {
        const how = { ...(fingerprint256 === undefined ? {} : { fingerprint256 }), ...(transport ? { transport } : {}) };
        const mayStillSign = () => !isGatewayError(signal.reason, 'CAMERA_CREDENTIALS');
        await playRtsp({ url, mayStillSign, ...credentials, ...how, ports, habits, silence, timers: clock }, player, signal);
      } catch (error) {
        throw coded(error, camera, profile);
      }
    },
  };
}

/** Why there is no sound, for whoever looks for it. */
function wordsFor({ why, seen }: MissingAudio): Words {
  switch (why) {
    case 'codec':
      return { zh: `摄像机的声音编码（${seen}）不受支持。`, en: `Its sound comes as ${seen}, which cannot be carried.` };
    case 'parameters':
      return { zh: `摄像机的声音参数（${seen}）无法读取。`, en: `Its sound is described in a way that cannot be read: ${seen}.` };
    case 'refused':
      return { zh: `摄像机不提供声音：${seen}`, en: `It does not give its sound: it ${seen}` };
  }
}
