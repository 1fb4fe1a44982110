import { seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

export const cameraCredentials: HealthCheck<'camera'> = {
  code: 'camera-credentials',
  title: { zh: '摄像机密码错误', en: 'Camera password refused' },
  subject: 'camera',
  effect: 'offline',
  every: seconds(1),
  visibleAfter: seconds(0),
  dependsOn: ['camera-unreachable'],
  async probe({ camera }, context) {
    switch (context.cameraStatus(camera.id)?.connection) {
      case 'refused-credentials':
        return {
          verdict: 'fail',
          sentence: {
            zh: '摄像机密码不正确，已停止重试以免锁定。',
            en: 'Camera password is wrong. Retries stopped so the camera does not lock.',
          },
        };
      case 'connected':
        return { verdict: 'pass' };
      case 'connecting':
      case 'unreachable':
      case 'failed':
      case undefined:
        return { verdict: 'unknown', why: 'not signed in' };
    }
  },
};
