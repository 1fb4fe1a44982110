import type { StreamFlaw } from '../../domain/media.ts';
import { seconds } from '../../domain/time.ts';
import type { Words } from '../../domain/words.ts';
import type { HealthCheck } from '../check.ts';

const words: Readonly<Record<StreamFlaw, Words>> = {
  garbage: {
    zh: '视频数据之间夹有无法识别的内容，画面可能卡顿或花屏。请检查摄像机固件。',
    en: 'Unreadable bytes come between its video packets: the picture may freeze or break up. Check the camera firmware.',
  },
  timestamps: {
    zh: '视频时间戳反复跳变，画面可能停顿。请检查摄像机的时钟和固件。',
    en: 'Its time stamps jump again and again: the picture may halt. Check the camera clock and firmware.',
  },
  formats: {
    zh: '视频编码参数反复变化，画面可能中断。请固定摄像机的编码设置。',
    en: 'Its video format changes again and again: the picture may break off. Fix the encoding in the camera settings.',
  },
  interruptions: {
    zh: '视频连接反复中断。请检查网络，以及摄像机允许的连接数。',
    en: 'Its video connection breaks off again and again. Check the network, and how many clients the camera takes.',
  },
  'parameter-sets': {
    zh: '摄像机给出的编码参数无法读取，画面无法播放。',
    en: 'It describes its video in a way that cannot be read: the picture cannot be played.',
  },
  'no-keyframe': {
    zh: '有视频数据，但没有可供开始播放的关键帧。请将关键帧间隔设为 2 秒。',
    en: 'Video arrives, but no keyframe to begin with. Set its keyframe interval to 2 s.',
  },
};

/** A stream that plays and yet is not right: for a person to mend at the camera. */
export const streamFlawed: HealthCheck<'camera'> = {
  code: 'stream-flawed',
  title: { zh: '视频流异常', en: 'Stream is flawed' },
  subject: 'camera',
  effect: 'degraded',
  every: seconds(1),
  visibleAfter: seconds(3),
  dependsOn: ['camera-unreachable', 'camera-credentials', 'stream-stalled'],
  async probe({ camera }, context) {
    const streams = await context.streams(camera.id);
    const flaw = streams.flatMap(({ flaws }) => flaws ?? [])[0];
    if (flaw !== undefined) return { verdict: 'fail', sentence: words[flaw] };
    return streams.some(({ state }) => state === 'playing') ? { verdict: 'pass' } : { verdict: 'unknown', why: 'it does not play' };
  },
};
