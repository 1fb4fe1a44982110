import { between, millis, seconds } from '../../domain/time.ts';
import type { HealthCheck } from '../check.ts';

/** Silence is a fault within 2 × heartbeat + 10 s: 5 s of grace here, and the debounce on top. */
const grace = seconds(5);

export const panelSilent: HealthCheck<'panel'> = {
  code: 'panel-silent',
  title: { zh: '报警主机失联', en: 'Alarm panel is silent' },
  subject: 'panel',
  effect: 'offline',
  every: seconds(1),
  visibleAfter: seconds(2),
  dependsOn: ['panel-broker'],
  async probe({ panel }, context) {
    const status = context.panelStatus(panel.id);
    const now = context.now();
    if (status?.announced === 'offline' || status?.session === 'disconnected') {
      const spared = panel.supervision?.sessionGrace ?? seconds(0);
      const away = between(status.since, now);
      // Negative: the clock of the box was set back, which spares nobody.
      if (away >= 0 && away < spared) return { verdict: 'unknown', why: 'it may be back in a moment' };
      return { verdict: 'fail', sentence: { zh: '报警主机已断开连接。', en: 'The alarm panel has disconnected.' } };
    }
    const allowed = millis(2 * panel.heartbeatEvery + grace);
    const silence = between(status?.heardAt ?? context.startedAt(), now);
    if (silence > allowed) {
      const count = Math.round(silence / 1_000);
      return {
        verdict: 'fail',
        sentence: status?.heardAt
          ? { zh: `报警主机已 ${count} 秒没有心跳。`, en: `No heartbeat from the alarm panel for ${count} s.` }
          : { zh: '启动以来没有收到报警主机的任何消息。', en: 'Nothing has been heard from the alarm panel since the start.' },
        measured: { silence },
      };
    }
    return status?.heardAt ? { verdict: 'pass' } : { verdict: 'unknown', why: 'not heard yet' };
  },
};
