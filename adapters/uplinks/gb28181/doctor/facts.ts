/** What the doctor knows before it judges: settings, state, what was asked and answered, and what came of knocking. */
import type { LinkStatus } from '../../../../gateway/domain/health.ts';
import type { Millis } from '../../../../gateway/domain/time.ts';
import type { Loss, MediaBlocked, Server } from '../link.ts';
import type { GbSettings } from '../settings.ts';
import type { Trouble } from '../trouble.ts';
import type { Knock } from './probe.ts';
import type { Stranger } from './strangers.ts';

export interface DoctorFacts {
  readonly settings: GbSettings;
  /** `not-ascii`: with characters that a keyboard for passwords does not write, such as full-width digits. */
  readonly password: 'none' | 'blank-at-the-ends' | 'not-ascii' | 'there';
  readonly status: LinkStatus;
  readonly trouble: Trouble;
  /** How long the link has been up, or down. */
  readonly lasts?: Millis;
  /** Registrations that did not last, the oldest first. */
  readonly losses?: readonly (Loss & { readonly age: Millis })[];
  /** Who was last asked to register us, and was knocked at; absent: nobody yet. */
  readonly asked?: Server;
  /** The platform's, once its name is resolved. */
  readonly address?: string;
  /** Where no connection for pictures came about, or a camera gave none, the last time. */
  readonly mediaBlocked?: MediaBlocked;
  /** Where we speak from; absent: no such address. */
  readonly own?: string;
  /** Where the kernel would speak from, had nobody set an address. */
  readonly routed?: string;
  /** Of the box; zones that the platform may see, by their path. */
  readonly channels?: readonly string[];
  readonly zones?: readonly string[];
  /** Nothing that the platform has asked is left out below. */
  readonly heardAll?: boolean;
  /** Names in `share` that nothing has. */
  readonly unknownShares?: readonly string[];
  /** While there is no registration. */
  readonly knocks?: { readonly tcp: Knock; readonly udp: Knock };
  /** The newest first. */
  readonly strangers: readonly Stranger[];
  readonly seen: SeenOnTheWire;
}

/** One of our REGISTERs. */
export interface SeenRegister {
  readonly signed: boolean;
  /** Of the final answer; undefined: none. */
  readonly status: number | undefined;
  readonly bytes?: number;
  /** It called the nonce too old. */
  readonly stale?: boolean;
  /** Its own words, where they say more than the status does. */
  readonly said?: string;
  /** Until the answer came. */
  readonly took?: Millis;
}

/** What the messages of late tell. */
export interface SeenOnTheWire {
  /** The last first. */
  readonly registers: readonly SeenRegister[];
  /** Codes of those whom we asked to register us. */
  readonly servers: readonly string[];
  readonly realm?: string;
  readonly algorithms: readonly string[];
  /** Of its challenges, in small letters: `digest`, or what we cannot answer. */
  readonly schemes: readonly string[];
  /** X-GB-Ver of its last answer to a REGISTER. */
  readonly version?: string;
  /** Seconds that the last registration was granted. */
  readonly granted?: number;
  /** Its clock before ours, by the Date of any answer. */
  readonly ahead?: Millis;
  /** `address:port` from which the platform sees us. */
  readonly us?: string;
  /** The same over UDP, each change of it, in order. */
  readonly usOverUdp: readonly string[];
  /** What came back of our Via and Contact, where it is not what we wrote: `host:port` each. */
  readonly rewritten?: { readonly header: 'Via' | 'Contact'; readonly ours: string; readonly theirs: string };
  /** Contacts beside ours that the registrar has for our code. */
  readonly otherContacts: readonly string[];
  /** What the platform calls itself, at which address, and whom it calls; `before` it saw us at the address of now. */
  readonly callers: readonly { readonly user: string; readonly address: string; readonly before?: true }[];
  readonly called: readonly string[];
  /** Its MESSAGEs and SUBSCRIBEs: `Query Catalog`, the code that it is about, and the order in a Control. */
  readonly asked: readonly { readonly what: string; readonly code?: string; readonly order?: string; readonly subscribes: boolean }[];
  readonly charset?: string;
  /** Our MESSAGEs and NOTIFYs. */
  readonly told: readonly SeenTold[];
  /** SN and result of its Responses to alarms. */
  readonly alarmResults: readonly { readonly sn: number; readonly result: string }[];
  /** Final answers of ours that said no; `media` is where pictures were wanted, `from` who wanted it, `code` what it named. */
  readonly refusedByUs: readonly {
    readonly method: string;
    readonly status: number;
    readonly reason: string;
    readonly media: string;
    readonly from: string;
    readonly code?: string;
    readonly age?: Millis;
  }[];
  /** Views that we accepted; `lasted`: until the platform ended it. */
  readonly views: readonly { readonly code: string; readonly lasted?: Millis; readonly age: Millis }[];
}

export interface SeenTold {
  /** Its head among them. */
  readonly bytes: number;
  /** Text beyond ASCII is in it. */
  readonly chinese: boolean;
  readonly status: number | undefined;
  readonly age: Millis;
  readonly what: string;
  /** It went inside a subscription. */
  readonly notify?: true;
  readonly sn?: number;
  /** How often it was sent. */
  readonly times?: number;
  /** Until the answer came. */
  readonly took?: Millis;
}
