/** The ports of panels: what a dialect knows, and what brokers and receivers are given. */
import type { z } from 'zod';
import type { Panel } from './campus.ts';
import type { PanelCommand, PanelKnown, PanelMessage, PanelOp, PanelOrder, PanelWords } from './command.ts';
import type { PanelId } from './ids.ts';
import type { Report } from './report.ts';
import type { Words } from './words.ts';

/** Pure: bytes in, values out. */
export interface PanelDialect {
  readonly name: string;
  /** Of `Panel.settings`. */
  readonly settings: z.ZodType;
  /** `mistake`: an event that asks to be kept raises nothing. `usual`: to our own broker, which keeps nothing, the retain flag is an idle wish. */
  readonly retainedEvents: 'mistake' | 'usual';
  /** MQTT prefix below which this panel subscribes; it may use nothing else. Ends with `/`. Throws INVENTORY_INVALID where the settings are wrong. */
  prefix(panel: Panel, campus: string): string;
  /** Filters of the topics that it publishes on; mostly below the prefix. */
  topics(panel: Panel, campus: string): readonly string[];
  /** Throws PANEL_MESSAGE (expected, got, where) for a message it cannot read. */
  decode(panel: Panel, message: PanelMessage): readonly Report[];
  /** What this panel can be told, by its settings. */
  orders(panel: Panel): readonly PanelOp[];
  /** It answers each order by its id; otherwise what it tells of itself afterwards is the proof. */
  readonly answers: boolean;
  /** None: it tells by itself what was asked for. Throws COMMAND_UNSUPPORTED for what is not among `orders`, and for what cannot be said in this case. */
  encode(panel: Panel, campus: string, command: PanelCommand, known: PanelKnown): readonly PanelWords[];
}

/** Carries messages between panels and the gateway; knows no dialect. */
export interface PanelIntake {
  readonly name: string;
  /** Lives until aborted; throws when broken. */
  run(door: PanelDoor, signal: AbortSignal): Promise<void>;
}

/** What a panel may do at a broker. */
export interface PanelGrant {
  readonly panel: Panel;
  readonly prefix: string;
  readonly topics: readonly string[];
  readonly retainedEvents: PanelDialect['retainedEvents'];
}

export interface PanelDoor {
  /** The panel that this username and password belong to, in constant time; undefined: nobody. */
  authenticate(username: string, password: Uint8Array): Panel | undefined;
  /** Every enabled panel of this intake with its prefix and topics. */
  panels(): readonly PanelGrant[];
  /** Resolves once everything that the message means is committed; rejects if it is not: then nothing may be acknowledged. */
  receive(panel: PanelId, message: PanelMessage): Promise<void>;
  session(panel: PanelId, state: 'connected' | 'disconnected', reason: string): void;
  /** A broker between us and the panels forgot what it held for us: messages may be missing, every panel is asked for its state. */
  sessionLost(): void;
  /** Whether a broker between us and the panels lets us hear them: why not, as a clause; nothing given: it does. */
  unheard(why?: Words): void;
  /** Orders to send, until aborted. */
  orders(signal: AbortSignal): AsyncIterable<PanelOrder>;
}
