import { seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

export const cameraCertificate: HealthCheck<'camera'> = {
  code: 'camera-certificate',
  title: { zh: '摄像机证书不可信', en: 'Camera certificate not trusted' },
  subject: 'camera',
  effect: 'offline',
  every: seconds(1),
  visibleAfter: seconds(0),
  dependsOn: ['camera-unreachable'],
  async probe({ camera }, context) {
    const status = context.cameraStatus(camera.id);
    switch (status?.connection) {
      case 'untrusted':
        return { verdict: 'fail', sentence: status.sentence ?? this.title };
      case 'connected':
      case 'refused-credentials': // only who is trusted is given any
        return { verdict: 'pass' };
      case 'connecting':
      case 'unreachable':
      case 'failed':
      case undefined:
        return { verdict: 'unknown', why: 'not seen' };
    }
  },
};
