import { seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** It is there and answers, but not as a camera should; or its settings here are of no use. */
export const cameraReply: HealthCheck<'camera'> = {
  code: 'camera-reply',
  title: { zh: '摄像机应答异常', en: 'Camera answers wrongly' },
  subject: 'camera',
  effect: 'offline',
  every: seconds(1),
  visibleAfter: seconds(3),
  dependsOn: ['camera-unreachable', 'camera-certificate'],
  async probe({ camera }, context) {
    const status = context.cameraStatus(camera.id);
    switch (status?.connection) {
      case 'failed':
        return { verdict: 'fail', sentence: status.sentence ?? this.title };
      case 'connected':
        return { verdict: 'pass' };
      case 'connecting':
      case 'unreachable':
      case 'refused-credentials':
      case 'untrusted':
      case undefined:
        return { verdict: 'unknown', why: 'it did not answer' };
    }
  },
};
