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
    const status = context.cameraStatus(camera.id);
    switch (status?.connection) {
      case 'refused-credentials':
        return {
          verdict: 'fail',
          sentence: {
            zh: '摄像机密码不正确，已停止重试以免锁定。',
            en: 'Camera password is wrong. Retries stopped so the camera does not lock.',
          },
        };
      case 'connected':
        if (!status.streamRefused) return { verdict: 'pass' };
        return {
          verdict: 'fail',
          sentence: {
            zh: '摄像机接受登录，但取流时拒绝了同一密码，已停止重试以免锁定。请为该账号开启取流权限。',
            en: 'The camera takes this password but refuses it for its pictures. Let the account see streams. Retries stopped so the camera does not lock.',
          },
        };
      case 'connecting':
      case 'unreachable':
      case 'untrusted':
      case 'failed':
      case undefined:
        return { verdict: 'unknown', why: 'not signed in' };
    }
  },
};
