/** Part of the composition root: the codes of a GB/T 28181 platform, kept in its uplink's settings, as the API and the command line edit them. */

import { explainGbCode, parseGbCode } from '../adapters/protocols/gb-code/code.ts';
import { allocateMissing, ownersIn } from '../adapters/uplinks/gb28181/codes/allocate.ts';
import { type CodeEntry, codeOfOwner, codesSchema, type GbCodes, listCodes, nameOf, withCodes } from '../adapters/uplinks/gb28181/codes/code-map.ts';
import { type IssuedFormat, issuedText, planIssued } from '../adapters/uplinks/gb28181/codes/issued.ts';
import { doubtsOfCode } from '../adapters/uplinks/gb28181/codes/judge.ts';
import type { UplinkSettings } from './domain/campus.ts';
import { GatewayError } from './domain/errors.ts';
import type { UplinkId } from './domain/ids.ts';
import type { CodeBook, CodeDesk, CodePlan } from './domain/platform-codes.ts';
import type { InventoryStore } from './inventory/store.ts';
import { listed, problemsOf } from './runtime/problems.ts';

const adapter = 'gb28181';

export function codeDeskOf(inventory: Pick<InventoryStore, 'current' | 'putUplink'>): CodeDesk {
  const find = (id: UplinkId): UplinkSettings => {
    const uplink = inventory.current().uplinks.find((each) => each.id === id);
    if (!uplink) throw new GatewayError('NOT_FOUND', `There is no uplink ${id}.`);
    if (uplink.adapter === adapter) return uplink;
    const sentence = `Uplink ${id} speaks ${uplink.adapter}: only those that speak ${adapter} have codes.`;
    throw new GatewayError('CONFLICT', sentence, { context: { uplink: id } });
  };
  const store = (uplink: UplinkSettings, codes: GbCodes) =>
    inventory.putUplink({ ...uplink, settings: { ...uplink.settings, codes }, secret: 'keep' });

  return {
    book(id) {
      return bookOf(inventory, draftOf(find(id)));
    },
    issue(id, table, { dryRun }) {
      const uplink = find(id);
      const format: IssuedFormat = table.format;
      const text = typeof table.content === 'string' ? table.content : issuedText(table.content);
      const { codes, problems, ...plan } = planIssued(text, format, inventory.current(), draftOf(uplink));
      if (!codes) {
        throw new GatewayError('REQUEST_INVALID', `The table of codes cannot be taken:\n${listed(problems)}`, { context: { problems } });
      }
      if (!dryRun && plan.adds.length + plan.changes.length > 0) store(uplink, codes);
      return { ...plan, missing: missingIn(inventory, codes) };
    },
    allocate(id, kinds, { dryRun }) {
      const uplink = find(id);
      const codes = wholeOf(uplink);
      const entries: readonly CodeEntry[] = allocateMissing(inventory.current(), codes, kinds);
      const after = { ...codes, ...withCodes(codes, entries) };
      if (!dryRun && entries.length > 0) store(uplink, after);
      const adds = entries.map(({ owner, code }) => ({ owner: nameOf(owner), code }));
      const plan: CodePlan = { adds, changes: [], unchanged: 0, doubts: [], leftOut: [], missing: missingIn(inventory, after) };
      return plan;
    },
  };
}

/** Before the first import there is no code at all, not even the gateway's. */
function draftOf(uplink: UplinkSettings): Partial<GbCodes> {
  return uplink.settings.codes === undefined ? {} : wholeOf(uplink);
}

function wholeOf({ id, settings }: UplinkSettings): GbCodes {
  const parsed = codesSchema.safeParse(settings.codes ?? {});
  if (parsed.success) return parsed.data;
  const problems = problemsOf(parsed.error, settings.codes, () => undefined).map((one) => ({ ...one, path: `settings.codes.${one.path}` }));
  throw new GatewayError('INVENTORY_INVALID', `The codes of uplink ${id} are not in order:\n${listed(problems)}`, {
    context: { uplink: id, problems },
  });
}

function bookOf(inventory: Pick<InventoryStore, 'current'>, codes: Partial<GbCodes>): CodeBook {
  const whole = { ...codes, device: codes.device ?? '', channels: codes.channels ?? {}, zones: codes.zones ?? {}, places: codes.places ?? {} };
  const entries = listCodes(whole).filter(({ code }) => code !== '');
  return {
    codes: entries.map(({ owner, code }) => ({
      owner: nameOf(owner),
      code,
      groups: explainGbCode(parseGbCode(code)),
      doubts: doubtsOfCode(code, codes.device),
    })),
    missing: missingIn(inventory, codes),
  };
}

/** Channels and zones that the platform will not see. */
function missingIn(inventory: Pick<InventoryStore, 'current'>, codes: Partial<GbCodes>): string[] {
  const owners = [{ kind: 'device' as const, id: '' }, ...ownersIn(inventory.current(), { groups: false })];
  return owners.filter((owner) => codeOfOwner(codes, owner) === undefined).map(nameOf);
}
