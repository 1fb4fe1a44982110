import { seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

const noPath = {
  zh: '网络不通：交换机端口、供电或地址可能有问题。',
  en: 'No network path. Check switch port, power or address.',
};

export const cameraUnreachable: HealthCheck<'camera'> = {
  code: 'camera-unreachable',
  title: { zh: '摄像机不通', en: 'Camera unreachable' },
  subject: 'camera',
  effect: 'offline',
  every: seconds(1),
  visibleAfter: seconds(3),
  dependsOn: [],
  async probe({ camera }, context) {
    const status = context.cameraStatus(camera.id);
    switch (status?.connection) {
      case 'unreachable':
        return { verdict: 'fail', sentence: noPath };
      case 'connected':
      case 'refused-credentials': // it answered: the path is fine
      case 'untrusted':
      case 'failed':
        return { verdict: 'pass' };
      case 'connecting':
      case undefined:
        return { verdict: 'unknown', why: 'not connected yet' };
    }
  },
};
