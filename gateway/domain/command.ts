/** The only way back to a device: commands go through the fleet's command desk. */
import type { PanelId, ZoneId } from './ids.ts';
import type { Instant } from './time.ts';

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
}

/** A message to a panel. */
export interface PanelOrder {
  readonly panel: PanelId;
  readonly topic: string;
  readonly payload: Uint8Array;
}
