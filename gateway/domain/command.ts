/** The only way back to a device: commands go through the fleet's command desk. */
import type { PanelId, ZoneId } from './ids.ts';
import type { Instant, Millis } from './time.ts';

export type PanelCommand =
  | { readonly id: string; readonly op: 'arm' | 'disarm' | 'reset' | 'siren'; readonly partition?: string; readonly expires: Instant }
  | { readonly id: string; readonly op: 'bypass' | 'unbypass'; readonly zone: ZoneId; readonly expires: Instant }
  | { readonly id: string; readonly op: 'sync'; readonly expires: Instant };

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

export interface PanelMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retained: boolean;
  readonly duplicate: boolean;
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

/** A message to a panel. */
export interface PanelOrder {
  readonly panel: PanelId;
  readonly topic: string;
  readonly payload: Uint8Array;
}
