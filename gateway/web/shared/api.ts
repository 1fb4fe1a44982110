/** The API as the pages call it: same-origin JSON, problems as one typed error. */
import type { LifeStep } from '../../domain/alarm-step.ts';
import type { AlarmPage, AlarmView, ChannelView, ClaimStatus, DeviceView, Overview, SessionView } from '../../domain/api.ts';
import type { CameraEventRule } from '../../domain/camera-events.ts';
import type { Camera } from '../../domain/campus.ts';
import type { CommandOutcome, PanelOp } from '../../domain/command.ts';
import type { IncidentView, PanelDeskView } from '../../domain/desk-api.ts';
import type { Evidence } from '../../domain/evidence.ts';
import type { ChainReport } from '../../domain/ports.ts';
import type { SiteRule } from '../../domain/site-rules.ts';
import type { Words } from '../../domain/words.ts';

/** What a person can tell a panel. */
export type CommandOp = Exclude<PanelOp, 'received'>;

export interface CommandBody {
  readonly reason: string;
  /** It is never carried out later than this after it was given. */
  readonly seconds: number;
  readonly partition?: string;
  readonly mode?: string;
  readonly zone?: string;
  readonly on?: boolean;
}

export interface CommandAnswer {
  readonly id: string;
  readonly outcome: CommandOutcome;
  readonly words: Words;
}

export interface RuleView extends SiteRule {
  /** What of it is passed over. */
  readonly doubts: readonly Words[];
}

export interface CameraEntry extends Omit<Camera, 'credentials'> {
  readonly username?: string;
  readonly hasPassword: boolean;
}

/** One field of what was sent, and what it must be. */
export interface FieldProblem {
  /** For example `rules.gate-1.type`. */
  readonly path: string;
  readonly expected: string;
}

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  /** For people; absent where the answer is not the gateway's own. */
  readonly words: Words | undefined;
  readonly problems: readonly FieldProblem[];

  constructor(status: number, code: string, detail: string, words?: Words, problems: readonly FieldProblem[] = []) {
    super(detail);
    this.status = status;
    this.code = code;
    this.words = words;
    this.problems = problems;
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

interface Told {
  readonly code: string;
  readonly detail: string;
  readonly title: string;
  readonly words: Words;
  readonly problems: readonly FieldProblem[];
}

function problemOf(status: number, text: string): Problem {
  try {
    const { code, detail, title, words, problems } = JSON.parse(text) as Partial<Told>;
    return new Problem(status, code ?? '', detail ?? title ?? `HTTP ${status}`, words, problems);
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
  incident: (alarm: string) => call<IncidentView>('GET', `/incidents/${alarm}`),
  chain: () => call<ChainReport>('GET', '/journal/chain'),
  panelDesk: (panel: string) => call<PanelDeskView>('GET', `/panels/${panel}/commands`),
  command: (panel: string, op: CommandOp, body: CommandBody) => call<CommandAnswer>('POST', `/panels/${panel}/commands/${op}`, body),
  rules: () => call<readonly RuleView[]>('GET', '/rules'),
  putRule: ({ id, ...rule }: SiteRule) => call<RuleView>('PUT', `/rules/${id}`, rule),
  removeRule: (rule: string) => call<void>('DELETE', `/rules/${rule}`),
  camera: (camera: string) => call<CameraEntry>('GET', `/cameras/${camera}`),
  putCameraEvents: (
    { id, username: _username, hasPassword: _hasPassword, fingerprint256: _pin, ...camera }: CameraEntry,
    events: readonly CameraEventRule[],
  ) =>
    // Credentials and certificate stay as they are stored, as they are left out.
    call<CameraEntry>('PUT', `/cameras/${id}`, { ...camera, events }),
  step: (alarm: string, step: LifeStep) => call<AlarmView>('POST', `/alarms/${alarm}/steps`, step),
  acknowledge: (alarm: string) => call<AlarmView>('POST', `/alarms/${alarm}/acknowledgement`),
};
