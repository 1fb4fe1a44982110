/**
 * Which code of the bureau stands for what, for one platform: part of the uplink's settings, so that export and import of the inventory carry it.
 * A code is in use once: two owners of one code are one camera to the platform, and nobody can say which.
 */
import { z } from 'zod';
import { faultOfCode, type OwnerKind } from './judge.ts';

const slug = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const zoneSlug = /^[a-z0-9][a-z0-9_-]{0,62}\/[a-z0-9][a-z0-9_-]{0,62}$/;

const codeOf = (kind: OwnerKind) =>
  z.string().superRefine((text, { addIssue }) => {
    const fault = faultOfCode(kind, text);
    if (fault) addIssue({ code: 'custom', message: fault.en });
  });
const byId = (key: RegExp, what: string, kind: OwnerKind) => z.record(z.string().regex(key, what), codeOf(kind)).default({});

export const codesSchema = z
  .strictObject({
    /** Of the gateway itself. */
    device: codeOf('device'),
    channels: byId(slug, 'the id of a channel', 'channel'),
    /** By `panel/zone`. */
    zones: byId(zoneSlug, 'a zone as panel/zone', 'zone'),
    /** Virtual organisations, for the tree of business groups. */
    places: byId(slug, 'the id of a place', 'place'),
    /** The business group that they are in. */
    group: codeOf('group').optional(),
  })
  .superRefine((codes, { addIssue }) => {
    for (const { owner, code, first } of duplicatesIn(listCodes(codes))) {
      addIssue({ code: 'custom', path: pathOf(owner), message: `a code that nobody else has: ${code} is of ${nameOf(first)} already` });
    }
  });

export type GbCodes = z.output<typeof codesSchema>;

/** `id` is empty for the gateway itself and for the group, of which there is one each. */
export interface CodeOwner {
  readonly kind: OwnerKind;
  readonly id: string;
}

export interface CodeEntry {
  readonly owner: CodeOwner;
  readonly code: string;
}

const sections = { channel: 'channels', zone: 'zones', place: 'places' } as const;

export function listCodes(codes: GbCodes): CodeEntry[] {
  const of = (kind: keyof typeof sections) => Object.entries(codes[sections[kind]]).map(([id, code]) => ({ owner: { kind, id }, code }));
  const group = codes.group === undefined ? [] : [{ owner: { kind: 'group' as const, id: '' }, code: codes.group }];
  return [{ owner: { kind: 'device', id: '' }, code: codes.device }, ...of('channel'), ...of('zone'), ...group, ...of('place')];
}

export function codeOfOwner(codes: Partial<GbCodes>, { kind, id }: CodeOwner): string | undefined {
  return kind === 'device' || kind === 'group' ? codes[kind] : codes[sections[kind]]?.[id];
}

/** The map with these entries in it, and nothing judged: that is for the schema, once all are in. */
export function withCodes(codes: Partial<GbCodes>, entries: readonly CodeEntry[]): Partial<GbCodes> {
  const merged = { ...codes, channels: { ...codes.channels }, zones: { ...codes.zones }, places: { ...codes.places } };
  for (const { owner, code } of entries) {
    if (owner.kind === 'device' || owner.kind === 'group') merged[owner.kind] = code;
    else merged[sections[owner.kind]][owner.id] = code;
  }
  return merged;
}

export interface Duplicate extends CodeEntry {
  /** Who had it before, in the order of the list. */
  readonly first: CodeOwner;
}

export function duplicatesIn(entries: readonly CodeEntry[]): Duplicate[] {
  const owners = new Map<string, CodeOwner>();
  return entries.flatMap((entry) => {
    const first = owners.get(entry.code);
    if (first) return [{ ...entry, first }];
    owners.set(entry.code, entry.owner);
    return [];
  });
}

/** As the settings name it: `channels.gate`. */
export function nameOf(owner: CodeOwner): string {
  return pathOf(owner).join('.');
}

function pathOf({ kind, id }: CodeOwner): string[] {
  return kind === 'device' || kind === 'group' ? [kind] : [sections[kind], id];
}
