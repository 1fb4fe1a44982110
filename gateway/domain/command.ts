/** The only way back to a device: commands go through the fleet's command desk. */
import type { PanelId, ZoneId } from './ids.ts';
import type { Instant, Millis } from './time.ts';

export type PanelCommand =
  | { readonly id: string; readonly op: 'arm' | 'disarm' | 'reset' | 'siren'; readonly partition?: string; readonly expires: Instant }
  | { readonly id: string; readonly op: 'bypass' | 'unbypass'; readonly zone: ZoneId; readonly expires: Instant }
  | { readonly id: string; readonly op: 'sync'; readonly expires: Instant };

export type CameraCommand =
  | { readonly op: 'ptz-move'; readonly profile: string; readonly pan: number; readonly tilt: number; readonly zoom: number }
  | { readonly op: 'ptz-stop'; readonly profile: string };

export interface CommandResult {
  readonly ok: boolean;
  readonly sentence?: string;
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
}

/** A message to a panel. */
export interface PanelOrder {
  readonly panel: PanelId;
  readonly topic: string;
  readonly payload: Uint8Array;
}
