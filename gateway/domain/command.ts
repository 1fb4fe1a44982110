/** The only way back to a device: commands go through the fleet's command desk. */
import type { PanelId, UplinkId, UserId, ZoneId } from './ids.ts';
import type { ArmMode, PanelSequence } from './report.ts';
import type { Instant, Millis } from './time.ts';
import type { Words } from './words.ts';

interface Ordered {
  readonly id: string;
  /** It must never be carried out after this. */
  readonly expires: Instant;
}

export type PanelCommand = Ordered &
  (
    | { readonly op: 'arm' /** `away` unless told. */; readonly mode?: Exclude<ArmMode, 'disarmed'>; readonly partition?: string }
    | { readonly op: 'disarm' | 'reset'; readonly partition?: string }
    | { readonly op: 'siren' /** On unless told. */; readonly on?: boolean; readonly partition?: string }
    | { readonly op: 'bypass' | 'unbypass'; readonly zone: ZoneId }
    | /** To whoever pressed there: the police has it. */ { readonly op: 'received'; readonly zone: ZoneId; readonly sequence?: PanelSequence }
    | { readonly op: 'sync' }
  );
export type PanelOp = PanelCommand['op'];
export const panelOps = ['arm', 'disarm', 'reset', 'siren', 'bypass', 'unbypass', 'received', 'sync'] as const satisfies readonly PanelOp[];

/** Who is behind a command: a person, a platform, or the gateway of its own accord. */
export type Orderer = { readonly user: UserId } | { readonly uplink: UplinkId } | 'gateway';

export interface Mandate {
  readonly by: Orderer;
  /** Why, in the words of whoever gave it. */
  readonly reason: string;
}

/**
 * `accepted`, `refused`: the panel said so, or what it tells of itself shows it. `unknown`: it was sent, and nothing proves what became of it.
 * `not-sent`: it never left.
 */
export type CommandOutcome = 'accepted' | 'refused' | 'unknown' | 'not-sent';
export const commandOutcomes = ['accepted', 'refused', 'unknown', 'not-sent'] as const satisfies readonly CommandOutcome[];

interface ForProfile {
  /** `main`, `sub`, or the camera's own token. */
  readonly profile: string;
}

export type CameraCommand = ForProfile &
  (
    | /** Speeds from -1 to 1. It ends by itself after a few seconds: whoever means longer says it again. */ {
        readonly op: 'ptz-move';
        readonly pan: number;
        readonly tilt: number;
        readonly zoom: number;
      }
    | { readonly op: 'ptz-stop' }
    | /** From -1, near, to 1, far; until it is stopped. */ { readonly op: 'focus-move'; readonly speed: number }
    | { readonly op: 'focus-stop' }
    | /** One step, from -1, closed as far as one goes, to 1, open; refused where the camera sees to its exposure itself. */ {
        readonly op: 'iris';
        readonly by: number;
      }
    | /** Answered with `presets`. */ { readonly op: 'presets' }
    | { readonly op: 'preset-go' | 'preset-remove'; readonly preset: string }
    | /** Where it looks now; without `preset` a new one. */ { readonly op: 'preset-save'; readonly preset?: string; readonly name: string }
    | { readonly op: 'home' }
    | { readonly op: 'wiper'; readonly on: boolean }
    | /** A picture that needs no other, now. */ { readonly op: 'keyframe' }
  );

/** `token` is the camera's own. */
export interface CameraPreset {
  readonly token: string;
  readonly name: string;
}

export interface CommandResult {
  readonly ok: boolean;
  readonly sentence?: string;
  readonly presets?: readonly CameraPreset[];
}

export interface PanelCommandResult extends CommandResult {
  readonly outcome: CommandOutcome;
  readonly words: Words;
}

export interface PanelMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  readonly duplicate: boolean;
  /** It lay at a broker until we came, and was no state that the broker keeps: what it says, happened while nobody listened. */
  readonly kept?: boolean;
  readonly receivedAt: Instant;
  /** Since when messages of this panel can reach us: what is older waited somewhere. */
  readonly connectedAt?: Instant;
  /** Panel clock minus ours, by its last live heartbeat. */
  readonly clockOffset?: Millis;
  /** Messages that the panel still held by its last live heartbeat. */
  readonly queued?: number;
  /** Every partition that it has told of is disarmed. */
  readonly disarmed?: boolean;
  /** What the dialect has learned from earlier messages (`Report` of kind `learned`). */
  readonly learned?: ReadonlyMap<string, string>;
}

/** How a dialect says a command. */
export interface PanelWords {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The panel itself refuses it once it has expired: then a broker may keep it for the panel, otherwise none must. */
  readonly expiring: boolean;
}

/** A message to a panel; whoever carries it drops it once it has expired. */
export interface PanelOrder extends PanelWords {
  readonly panel: PanelId;
  readonly expires: Instant;
}

/** What is known of a panel when it is told something. */
export interface PanelKnown {
  /** What its dialect has learned from its messages. */
  readonly learned: ReadonlyMap<string, string>;
  /** Panel clock minus ours. */
  readonly clockOffset?: Millis;
}

/** What a panel that knows no ids says it answers to (`response.command`). */
export function answerTo(said: { readonly op: PanelOp; readonly on?: boolean; readonly zone?: string; readonly partition?: string }): string {
  const { op, on = true, zone, partition } = said;
  if (op === 'siren') return `siren ${on ? 'on' : 'off'}`;
  const where = zone === undefined || op === 'received' ? partition && `#${partition}` : `@${zone}`;
  return where === undefined ? op : `${op} ${where}`;
}

/** Whether an answer is to this command: by its id, or by what it says; of a partition only where the command names one, or the answer none. */
export function isAnswerTo(answer: string, command: PanelCommand): boolean {
  if (answer === command.id || answer === answerTo(command)) return true;
  if (command.op !== 'arm' && command.op !== 'disarm' && command.op !== 'reset') return false;
  return answer === command.op || (command.partition === undefined && answer.startsWith(`${command.op} #`));
}
