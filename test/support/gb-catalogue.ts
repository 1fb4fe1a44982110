/** The catalogue of one uplink and its subscriptions, without the uplink. */
import { readManscdp } from '../../adapters/protocols/manscdp/message.ts';
import { Catalogue, mostItems } from '../../adapters/uplinks/gb28181/catalogue/catalogue.ts';
import { buildCatalogue } from '../../adapters/uplinks/gb28181/catalogue/tree.ts';
import { Subscriptions } from '../../adapters/uplinks/gb28181/subscriptions.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';
import { silentLogger } from '../../gateway/runtime/logger.ts';
import { device, type GbPeer, platformCode } from './gb-peer.ts';
import { type CatalogueSchool, catalogueSchool } from './gb-school.ts';
import { never } from './sip-endpoint.ts';

export const query = (sn: number, deviceId = device) => ({ root: 'Query', cmdType: 'Catalog', sn, deviceId, content: {} }) as const;

interface OpenCatalogue {
  readonly catalogue: Catalogue;
  readonly subscriptions: Subscriptions;
  school: CatalogueSchool;
}

/** What a box keeps for its uplink; `full` is its disk. */
export class GbMemory {
  facts: unknown;
  full = false;
  platform = 'the police';
  readonly remembered = async (): Promise<unknown> => this.facts;
  readonly remember = async (facts: unknown): Promise<void> => {
    if (this.full) throw new Error('ENOSPC: no space left on device');
    this.facts = structuredClone(facts);
  };
  get codes(): unknown {
    return this.facts && typeof this.facts === 'object' && 'codes' in this.facts ? this.facts.codes : undefined;
  }
}

/** Over the real socket of `peer`. */
export function openGbCatalogue(peer: GbPeer, clock = systemClock, school = catalogueSchool(), memory = new GbMemory()): OpenCatalogue {
  const around = { voice: peer.voice, device, clock, log: silentLogger };
  const opened: OpenCatalogue = {
    school,
    subscriptions: new Subscriptions({ ...around, first: () => opened.catalogue.first(), opened: () => opened.catalogue.subscribed() }),
    catalogue: new Catalogue({
      ...around,
      subscriptions: { has: (kind) => opened.subscriptions.has(kind), notify: (notice, signal) => opened.subscriptions.notify(notice, signal) },
      nodes: () => buildCatalogue(opened.school),
      most: mostItems.UDP,
      memory,
    }),
  };
  peer.take = (incoming) => {
    const asked = readManscdp(incoming.request.body);
    if (incoming.request.method !== 'SUBSCRIBE') incoming.answer(200);
    if (asked.root !== 'Query') return;
    if (incoming.request.method === 'SUBSCRIBE') opened.subscriptions.take(incoming, asked, never);
    else if (asked.cmdType === 'Catalog') void opened.catalogue.answer(asked, platformCode, never).catch(() => undefined);
  };
  return opened;
}
