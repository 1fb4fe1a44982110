/** What a recording came to, measured by what an alarm wanted of it. Pure. */

import type { AlarmRaised } from '../domain/event.ts';
import type { EvidenceOutcome } from '../domain/evidence.ts';
import type { RecordingCut, RecordingEnd } from '../domain/recording.ts';
import { after, between, type Instant, type Millis, millis } from '../domain/time.ts';
import type { Words } from '../domain/words.ts';
import type { Purpose } from './store.ts';

/** What is to be seen of an alarm. */
export interface Window {
  readonly pressed: Instant;
  readonly from: Instant;
  readonly to: Instant;
}

/** What one alarm wants to see of one channel. */
export interface Wish {
  readonly purpose: Purpose;
  readonly window: Window;
}

/** `restart`: the gateway itself ended. */
export type EvidenceCut = RecordingCut | 'restart';

export function windowOf(alarm: AlarmRaised, before: Millis, afterwards: Millis): Window {
  const { occurredAt, receivedAt, clockTrust } = alarm;
  const pressed = clockTrust === 'ok' && occurredAt !== undefined && occurredAt < receivedAt ? occurredAt : receivedAt;
  return { pressed, from: after(pressed, millis(-before)), to: after(receivedAt, afterwards) };
}

export interface Verdict {
  readonly outcome: EvidenceOutcome;
  /** Absent where all is there. */
  readonly reason?: Words;
}

export function verdictOf(window: Window, end: Omit<RecordingEnd, 'cut'> & { readonly cut?: EvidenceCut }): Verdict {
  const cut = end.cut === undefined ? [] : [cuts[end.cut]];
  if (end.bytes === 0 || end.from === undefined || end.to === undefined) return { outcome: 'missing', reason: joined([...cut, nothing]) };
  const late = between(window.from, end.from) > 0 ? [beginning(between(window.pressed, end.from))] : [];
  const gaps = end.gaps
    .filter(({ from, to }) => from < window.to && to > window.from)
    .map(({ from, to }) => gap(between(window.pressed, from), between(window.pressed, to)));
  const early = cut.length > 0 ? [ending(between(window.pressed, end.to))] : [];
  const lacks = [...late, ...gaps, ...cut, ...early];
  return lacks.length === 0 ? { outcome: 'complete' } : { outcome: 'cut-short', reason: joined(lacks) };
}

const nothing: Words = { zh: '没有收到该通道的任何画面。', en: 'No picture of this channel came.' };

const cuts: Readonly<Record<EvidenceCut, Words>> = {
  stopped: { zh: '网关在录像结束前停止。', en: 'The gateway was stopped before the recording was over.' },
  restart: { zh: '网关在录像期间中断，保留了已写入的画面。', en: 'The gateway broke off while it recorded: what had been written was kept.' },
  plane: {
    zh: '视频进程在录像期间重新启动，保留了已写入的画面。',
    en: 'The media worker was restarted while it recorded: what had been written was kept.',
  },
  disk: { zh: '磁盘无法写入录像。', en: 'The disk did not take the recording.' },
  'slow-disk': { zh: '磁盘写入速度跟不上录像。', en: 'The disk was too slow for the recording.' },
  'no-room': { zh: '证据存储空间已达上限。', en: 'The room for evidence is used up (evidence.megabytes, evidence.leaveFreeMegabytes).' },
  format: { zh: '摄像机更改了画面格式，无法写入同一文件。', en: 'The camera changed its picture format, which cannot go on in the same file.' },
};

function beginning(late: Millis): Words {
  return late <= 0
    ? {
        zh: `录像仅从报警前 ${spell(-late)} 秒开始：此前没有录像。`,
        en: `It begins only ${spell(-late)} s before the press: nothing earlier had been recorded.`,
      }
    : { zh: `录像从报警后 ${spell(late)} 秒才开始。`, en: `It begins only ${spell(late)} s after the press.` };
}

function ending(at: Millis): Words {
  return { zh: `录像止于${placed(at).zh}。`, en: `It ends ${placed(at).en}.` };
}

function gap(from: Millis, to: Millis): Words {
  return { zh: `${placed(from).zh}至${placed(to).zh}没有画面。`, en: `There are no pictures from ${placed(from).en} to ${placed(to).en}.` };
}

function placed(at: Millis): Words {
  return at < 0
    ? { zh: `报警前 ${spell(-at)} 秒`, en: `${spell(-at)} s before the press` }
    : { zh: `报警后 ${spell(at)} 秒`, en: `${spell(at)} s after the press` };
}

const spell = (length: number): string => (length / 1_000).toFixed(1);

function joined(all: readonly Words[]): Words {
  return { zh: all.map(({ zh }) => zh).join(''), en: all.map(({ en }) => en).join(' ') };
}
