import { seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** WS-UsernameToken starts to fail beyond 5 s on strict cameras (onvif-rtsp §5.1). */
const tolerated = seconds(5);

export const cameraClock: HealthCheck<'camera'> = {
  code: 'camera-clock',
  title: { zh: '摄像机时间不准', en: 'Camera clock is off' },
  subject: 'camera',
  effect: 'degraded',
  every: seconds(5),
  visibleAfter: seconds(0),
  dependsOn: ['camera-unreachable', 'camera-credentials', 'camera-certificate'],
  async probe({ camera }, context) {
    const status = context.cameraStatus(camera.id);
    if (status?.connection !== 'connected' || status.clockOffset === undefined) return { verdict: 'unknown', why: 'its clock was not read' };
    const offset = status.clockOffset;
    if (Math.abs(offset) <= tolerated) return { verdict: 'pass', measured: { offset } };
    return {
      verdict: 'fail',
      sentence: { zh: `摄像机时间相差 ${lengthZh(offset)}。`, en: `Camera clock is off by ${lengthEn(offset)}.` },
      measured: { offset },
    };
  },
};

function amount(offset: number): { readonly count: number; readonly unit: 's' | 'min' | 'h' | 'd' } {
  const length = Math.abs(offset) / 1_000;
  if (length < 120) return { count: Math.round(length), unit: 's' };
  if (length < 7_200) return { count: Math.round(length / 60), unit: 'min' };
  if (length < 172_800) return { count: Math.round(length / 3_600), unit: 'h' };
  return { count: Math.round(length / 86_400), unit: 'd' };
}

function lengthEn(offset: number): string {
  const { count, unit } = amount(offset);
  return `${count} ${unit}`;
}

function lengthZh(offset: number): string {
  const { count, unit } = amount(offset);
  return `${count} ${{ s: '秒', min: '分钟', h: '小时', d: '天' }[unit]}`;
}
