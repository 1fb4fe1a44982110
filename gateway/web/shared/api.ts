/** The API as the pages call it: same-origin JSON, problems as one typed error. */
import type { LifeStep } from '../../domain/alarm-step.ts';
import type { AlarmPage, AlarmView, ChannelView, ClaimStatus, DeviceView, Overview, SessionView } from '../../domain/api.ts';
import type { Evidence } from '../../domain/evidence.ts';
import type { Words } from '../../domain/words.ts';

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** For people; absent where the answer is not the gateway's own. */
  readonly words: Words | undefined;

  constructor(status: number, code: string, detail: string, words?: Words) {
    super(detail);
    this.status = status;
    this.code = code;
    this.words = words;
  }
}

async function call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(`/api/v1${path}`, {
    method,
    credentials: 'same-origin',
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  if (!response.ok) throw problemOf(response.status, text);
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

function problemOf(status: number, text: string): Problem {
  try {
    const { code, detail, title, words } = JSON.parse(text) as { code?: string; detail?: string; title?: string; words?: Words };
    return new Problem(status, code ?? '', detail ?? title ?? `HTTP ${status}`, words);
  } catch {
    return new Problem(status, '', `HTTP ${status}`); // not ours: a proxy's page, say
  }
}

export const api = {
  claimStatus: () => call<ClaimStatus>('GET', '/claim'),
  claim: (body: { code: string; name: string; password: string }) => call<SessionView>('POST', '/claim', body),
  signIn: (body: { name: string; password: string }) => call<SessionView>('POST', '/session', body),
  signOut: () => call<void>('DELETE', '/session'),
  session: () => call<SessionView>('GET', '/session'),
  overview: () => call<Overview>('GET', '/overview'),
  devices: () => call<readonly DeviceView[]>('GET', '/devices'),
  channels: () => call<readonly ChannelView[]>('GET', '/channels'),
  alarms: (before?: number) => call<AlarmPage>('GET', `/alarms?limit=50${before === undefined ? '' : `&before=${before}`}`),
  evidence: (alarm: string) => call<readonly Evidence[]>('GET', `/alarms/${alarm}/evidence`),
  step: (alarm: string, step: LifeStep) => call<AlarmView>('POST', `/alarms/${alarm}/steps`, step),
  acknowledge: (alarm: string) => call<AlarmView>('POST', `/alarms/${alarm}/acknowledgement`),
};
