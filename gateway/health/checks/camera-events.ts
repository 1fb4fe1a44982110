import { seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** Somebody relies on what this camera says by itself, a panic button at its input perhaps, and it is not heard. */
export const cameraEvents: HealthCheck<'camera'> = {
  code: 'camera-events',
  title: { zh: '摄像机事件收不到', en: 'Camera events not heard' },
  subject: 'camera',
  effect: 'degraded',
  every: seconds(5),
  visibleAfter: seconds(15),
  dependsOn: ['camera-unreachable', 'camera-credentials', 'camera-certificate', 'camera-reply'],
  async probe({ camera }, context) {
    const status = context.cameraStatus(camera.id);
    if (status?.connection !== 'connected' || !status.hearing) return { verdict: 'unknown', why: 'it is not connected' };
    const { state, why } = status.hearing;
    switch (state) {
      case 'off':
      case 'heard':
        return { verdict: 'pass' };
      case 'waiting':
        return { verdict: 'unknown', why: 'nothing was heard yet' };
      case 'lost':
        return {
          verdict: 'fail',
          sentence: {
            zh: `此摄像机的报警输入和智能事件现在收不到：${why?.zh ?? '订阅中断。'}`,
            en: `Its alarm inputs and other events cannot be heard now: ${why?.en ?? 'the subscription broke.'}`,
          },
        };
    }
  },
};
