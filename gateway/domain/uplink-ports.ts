/** The ports of uplinks: what an adapter of one offers the gateway, and all that it may see of the box and ask from it. */
import type { z } from 'zod';
import type { Inventory, UplinkSettings } from './campus.ts';
import type { FarCertificate } from './certificate.ts';
import type { CameraCommand, CommandResult, PanelCommand } from './command.ts';
import type { Delivery, Receipt } from './delivery.ts';
import type { EventKind } from './event.ts';
import type { CameraStatus, DeviceHealth, LinkStatus, PanelStatus } from './health.ts';
import type { CameraId, ChannelId, EventId, EvidenceId, PanelId, UplinkId } from './ids.ts';
import type { AdapterContext, InventoryReader, JournalReader, MediaPlane } from './ports.ts';
import type { Instant } from './time.ts';
import type { Words } from './words.ts';

export interface UplinkAdapter<Config> {
  readonly kind: string;
  readonly config: z.ZodType<Config>;
  create(settings: UplinkSettings, config: Config, context: UplinkContext): Uplink;
  /** What the settings name and the inventory has not: taken all the same, as it may come yet, but whoever saves them is told. */
  doubts?(config: Config, inventory: Inventory): readonly Words[];
}

export type UplinkContext = AdapterContext & { readonly door: PlatformDoor };

export interface Uplink {
  readonly id: UplinkId;
  readonly accepts: ReadonlySet<EventKind>;
  /** Whose word an acceptance is: that of its transport, or of the far side itself. Absent: it tells the two apart, each by a receipt. */
  readonly acceptedBy?: 'answered' | 'confirmed';
  /** Deliveries in flight at once, at most. */
  readonly window: number;
  /** How the link stands; undefined: it keeps none, and only deliveries tell. */
  link(): LinkStatus | undefined;
  /** What the far side showed last by TLS. Absent: it speaks without. */
  certificate?(): FarCertificate | undefined;
  /** Looks for what is wrong, in a few seconds, and changes nothing. Throws COMMAND_UNSUPPORTED where there is nobody to do it. */
  examine(signal: AbortSignal): Promise<UplinkExamination>;
  /** Keeps the link; ends when aborted, throws when broken. */
  run(signal: AbortSignal): Promise<void>;
  /**
   * Resolves only once the far side acknowledged, with its proof (`PUBACK`, `HTTP 202` …).
   * Throws DELIVERY_REFUSED where it said no; anything else means no answer. `left` is called when it goes onto the wire.
   */
  deliver(delivery: Delivery, signal: AbortSignal, left?: () => void): Promise<{ readonly proof: string }>;
}

export interface UplinkFinding {
  readonly name: string;
  readonly verdict: 'well' | 'warning' | 'problem';
  readonly sentence: Words;
}

/** What a doctor says. */
export interface UplinkExamination {
  /** Of the first finding: the culprit, or that all is well. */
  readonly sentence: Words;
  /** The gravest first. */
  readonly findings: readonly UplinkFinding[];
  /** The last messages both ways, oldest first, secrets masked; each a text of several lines. */
  readonly ladder: readonly string[];
}

/** What a far side asks of a device. */
export type PlatformCommand =
  | { readonly to: 'channel'; readonly channel: ChannelId; readonly command: CameraCommand }
  | { readonly to: 'panel'; readonly panel: PanelId; readonly command: PanelCommand };

/** Somebody asked for what they may not have: who, what, from where. Never secrets. */
export interface SecurityNotice {
  readonly uplink: UplinkId;
  /** Constant lower-case words, for example `foreign media address`. */
  readonly what: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Everything that an uplink may see of the box and ask from it. One for all uplinks: each names itself where it asks. */
export interface PlatformDoor {
  readonly inventory: InventoryReader;
  readonly health: {
    /** By id; of a zone, by its path. Undefined: no check looks at it. */
    device(id: string): DeviceHealth | undefined;
    devices(): readonly DeviceHealth[];
    /** Yields whenever any device's state or faults have changed. */
    changes(signal: AbortSignal): AsyncIterable<void>;
  };
  readonly journal: JournalReader;
  /** A hop of an event that is told apart from its acceptance: it rides with the next COMMIT. Repeats of the same hop keep the first time. */
  receipt(event: EventId, receipt: Receipt): Promise<void>;
  /** What an uplink of that id remembered last, as it reads from JSON; undefined: nothing. It outlives edits and restarts, and is forgotten with the uplink. */
  remembered(uplink: UplinkId): Promise<unknown>;
  /** Resolves once it is on the disk, in the place of what was remembered before. Seldom, and small: some 100 kB. */
  remember(uplink: UplinkId, facts: unknown): Promise<void>;
  readonly media: Pick<MediaPlane, 'telemetry' | 'sendRtp'>;
  readonly evidence: {
    /** Path and query, below the HTTPS address of this box, that open one piece to whoever has them, in the name of the uplink. */
    pass(evidence: EvidenceId, uplink: UplinkId, until: Instant): string;
    /** The file of a piece that is finished; undefined: there is none, or not any more. */
    read(evidence: EvidenceId): Promise<Uint8Array | undefined>;
  };
  /** Does the channel look at an alarm that nobody has acknowledged? */
  alarmed(channel: ChannelId): boolean;
  /** Undefined: no such camera, or it is switched off. */
  cameraStatus(camera: CameraId): CameraStatus | undefined;
  /** With `armed`: the mode of each partition. */
  panelStatus(panel: PanelId): PanelStatus;
  /**
   * Through the command desk, and into the log with who asked. Resolves with the device's answer or why there is none; throws NOT_FOUND,
   * COMMAND_UNSUPPORTED and the CAMERA_… codes.
   */
  execute(command: PlatformCommand, onBehalfOf: UplinkId, signal: AbortSignal): Promise<CommandResult>;
  /** Must be told of every refusal for reasons of security; a flood of one kind is counted, not repeated. */
  securityNotice(notice: SecurityNotice): void;
  readonly box: { readonly version: string; readonly startedAt: Instant };
}
