/** The inventory as one YAML file, keyed by id: a contractor keeps it in git, a diff shows what changed. */
import { stringify } from 'yaml';
import { z } from 'zod';
import { cameraEventKinds } from '../domain/camera-events.ts';
import { roles, uplinkRoles } from '../domain/campus.ts';
import { canonicalFingerprint, fingerprintPattern } from '../domain/fingerprint.ts';
import { practiceShape } from '../runtime/alarm-practice.ts';
import { keysOf } from '../runtime/problems.ts';
import type { Rows } from './rows.ts';
import { ruleEntry } from './rules.ts';
import { namesIn } from './snapshot.ts';
import type { InventoryStore } from './store.ts';
import { supervisionEntry } from './supervision.ts';

function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: keysOf(shape) });
}

const idText = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'an id of 1 to 63 lower-case letters, digits, "-" or "_"');
const keyed = <Item extends z.ZodType>(item: Item) => z.record(idText, item);
const text = z.string().max(1_000);
/** Plain text (sealed on the way in), `{plain: …}` for text that looks sealed, or `sealed:v1:…` of this box; null takes it away; absent keeps it. */
const secret = z.union([z.string().min(1).max(4_096), section({ plain: z.string().min(1).max(1_024) }), z.null()], {
  error: 'a password as text, {plain: …} or sealed:v1:…',
});
const fingerprint = z
  .string()
  .regex(fingerprintPattern, 'the SHA-256 of a certificate: 64 hexadecimal digits, colons allowed')
  .transform(canonicalFingerprint);
export type SecretEntry = z.output<typeof secret>;

/** Which event of a camera becomes an alarm, when, and what of. */
const eventRule = section({
  kind: z.enum(cameraEventKinds),
  source: text.optional(),
  topic: text.optional(),
  name: text.optional(),
  type: text.optional(),
  schedule: z.array(text).optional(),
  channels: z.array(idText).optional(),
});

/** A section that is absent is left alone; one that is present is the whole truth about it: items that it does not name are removed. */
export const documentSchema = section({
  version: z.literal(1),
  campus: section({ id: idText, name: text, timeZone: text, address: text.default(''), practice: section(practiceShape).default({}) }).optional(),
  places: keyed(section({ name: text })).optional(),
  cameras: keyed(
    section({
      name: text,
      place: idText.optional(),
      adapter: text,
      address: text,
      username: text.min(1).optional(),
      password: secret.optional(),
      fingerprint256: fingerprint.optional(),
      settings: z.record(z.string(), z.unknown()).default({}),
      events: z.array(eventRule).default([]),
      enabled: z.boolean().default(true),
      maintenance: z.boolean().default(false),
    }),
  ).optional(),
  channels: keyed(section({ name: text, camera: idText, number: z.int() })).optional(),
  panels: keyed(
    section({
      name: text,
      place: idText.optional(),
      dialect: text.default('campus'),
      broker: text.default('embedded'),
      settings: z.record(z.string(), z.unknown()).default({}),
      passwordSha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits in lower case')
        .optional(),
      /** At least 24 characters; kept as its SHA-256 only. */
      password: z
        .union([z.string().min(24).max(256), section({ plain: z.string().min(24).max(256) })], { error: 'text of at least 24 characters' })
        .optional(),
      /** Key of SIA DC-09. */
      secret: secret.optional(),
      heartbeatSeconds: z.number().default(60),
      /** Its other clocks: how long its session may be gone, the longest time between two of its own tests, and how long no zone may say anything. */
      supervision: section({
        sessionGraceSeconds: z.number().optional(),
        testHours: z.number().optional(),
        quietDays: z.number().optional(),
      }).optional(),
      zones: keyed(section({ name: text, place: idText.optional(), type: text.optional(), channels: z.array(idText).default([]) })).default({}),
      enabled: z.boolean().default(true),
      maintenance: z.boolean().default(false),
    }),
  ).optional(),
  uplinks: keyed(
    section({
      name: text,
      adapter: text,
      settings: z.record(z.string(), z.unknown()).default({}),
      secret: secret.optional(),
      role: z.enum(uplinkRoles).default('primary'),
      enabled: z.boolean().default(true),
    }),
  ).optional(),
  /** What this site wants otherwise than the normalisation table: where all that stands before `type` holds. */
  rules: keyed(
    section({
      panel: idText.optional(),
      zone: idText.optional(),
      code: text.optional(),
      alarm: text.optional(),
      type: text.optional(),
      severity: z.union([z.literal(1), z.literal(2), z.literal(3), z.literal(4)], '1, the gravest, to 4').optional(),
      drill: z.literal(true, 'true').optional(),
    }),
  ).optional(),
  streamKeys: keyed(
    section({
      label: text,
      password: secret.optional(),
      channels: z.array(idText).min(1).optional(),
      purpose: z.enum(['local', 'patrol']).optional(),
    }),
  ).optional(),
  users: keyed(section({ name: text, role: z.enum(roles), passwordHash: z.string().min(20).max(500) })).optional(),
});
export type InventoryDocument = z.output<typeof documentSchema>;

export interface ExportOptions {
  /** `sealed` (readable by this box only) unless told; `omit` leaves them out: an import then keeps what the box has. */
  readonly secrets?: 'sealed' | 'omit';
  /** Accounts with their password hashes; not unless asked. */
  readonly users?: boolean;
}

export function exportInventory(store: InventoryStore, options: ExportOptions = {}): string {
  const { rows } = store.ledger.snapshot;
  return head + stringify(documentOf(rows, options), { lineWidth: 0, version: '1.2' });
}

const head = `# The inventory of one campus, written by: campus-gateway inventory export
# Look at what an import would change: campus-gateway inventory import --dry-run FILE
#
# A section that is absent is left alone. A section that is present is the whole truth: items that it does not name are removed.
# Secrets: "sealed:v1:…" can be read by the box that wrote it only; plain text is sealed on the way in; absent keeps what the box has;
# null takes it away. Never keep plain text in git.
#
# 本文件由 campus-gateway inventory export 生成。未出现的部分保持不变；出现的部分即为全部内容，未列出的项目将被删除。
# 机密：sealed:v1:… 仅本机可读；明文在导入时加密；省略则保留原值；null 则删除。切勿将明文存入 git。
`;

function documentOf(rows: Rows, options: ExportOptions) {
  const kept = (value: string | null) => (options.secrets === 'omit' ? undefined : (value ?? undefined));
  const by = <Row extends { readonly id: string }, Item>(list: readonly Row[], item: (row: Row) => Item) =>
    Object.fromEntries(list.map((row) => [row.id, item(row)]));
  return {
    version: 1,
    campus: rows.campus.map(({ practice, ...campus }) => ({ ...campus, ...(practice === '{}' ? {} : { practice: JSON.parse(practice) }) }))[0],
    places: by(rows.places, ({ name }) => ({ name })),
    cameras: by(rows.cameras, (row) => ({
      ...{ name: row.name, place: row.place ?? undefined, adapter: row.adapter, address: row.address },
      ...{ username: row.username ?? undefined, password: kept(row.password), fingerprint256: row.fingerprint256 ?? undefined },
      ...{ settings: JSON.parse(row.settings), events: row.events === '[]' ? undefined : JSON.parse(row.events) },
      ...{ enabled: row.enabled === 1, maintenance: row.maintenance === 1 },
    })),
    channels: by(rows.channels, ({ name, camera, number }) => ({ name, camera, number })),
    panels: by(rows.panels, (row) => ({
      ...{ name: row.name, place: row.place ?? undefined, dialect: row.dialect, broker: row.broker },
      ...(row.settings === '{}' ? {} : { settings: JSON.parse(row.settings) }),
      ...{ passwordSha256: kept(row.passwordSha256), secret: kept(row.secret), heartbeatSeconds: row.heartbeatEvery / 1_000 },
      ...(row.supervision === '{}' ? {} : { supervision: supervisionEntry(JSON.parse(row.supervision)) }),
      zones: by(
        rows.zones.filter(({ panel }) => panel === row.id),
        (zone) => ({ name: zone.name, place: zone.place ?? undefined, type: zone.type ?? undefined, channels: namesIn(zone.channels) }),
      ),
      ...{ enabled: row.enabled === 1, maintenance: row.maintenance === 1 },
    })),
    uplinks: by(rows.uplinks, (row) => ({
      ...{ name: row.name, adapter: row.adapter, settings: JSON.parse(row.settings), secret: kept(row.secret), enabled: row.enabled === 1 },
      ...(row.role === 'primary' ? {} : { role: row.role }),
    })),
    ...(rows.rules.length === 0 ? {} : { rules: by(rows.rules, ruleEntry) }),
    streamKeys: by(rows.streamKeys, (row) => ({
      ...{ label: row.label, password: kept(row.password), channels: row.channels === null ? undefined : namesIn(row.channels) },
      ...(row.purpose === 'patrol' ? { purpose: row.purpose } : {}),
    })),
    ...(options.users ? { users: by(rows.users, ({ name, role, passwordHash }) => ({ name, role, passwordHash })) } : {}),
  };
}
