/**
 * Which enabled panel belongs to which broker, what it may do there and who reads it. Looked up with each message: worked out once for each inventory,
 * which is replaced as a whole when anything of it changes.
 */
import type { Inventory, Panel } from '../domain/campus.ts';
import { GatewayError, isGatewayError } from '../domain/errors.ts';
import type { PanelId } from '../domain/ids.ts';
import type { PanelDialect, PanelGrant } from '../domain/panel-ports.ts';
import type { InventoryReader, Logger } from '../domain/ports.ts';
import { matches } from '../domain/topic-filter.ts';

interface Listed {
  readonly panel: Panel;
  /** Absent for a panel whose settings do not fit its dialect: the others must not suffer for it. */
  readonly grant?: PanelGrant;
}

interface BrokerList {
  readonly panels: ReadonlyMap<PanelId, Listed>;
  readonly grants: readonly PanelGrant[];
}

export interface PanelRoster {
  at(broker: string): BrokerList;
  /** Enabled, at whatever broker. */
  find(panel: PanelId): Panel | undefined;
  /** Throws INVENTORY_INVALID where no dialect of this gateway has that name. */
  dialectOf(panel: Panel): PanelDialect;
  speaksOn(listed: Listed, topic: string): boolean;
}

const nobody: BrokerList = { panels: new Map(), grants: [] };

export function openPanelRoster(inventory: InventoryReader, dialects: ReadonlyMap<string, PanelDialect>, log: Logger): PanelRoster {
  let seen: Inventory | undefined;
  let lists: ReadonlyMap<string, BrokerList> = new Map();

  const dialectOf = (panel: Panel): PanelDialect => {
    const dialect = dialects.get(panel.dialect);
    if (dialect) return dialect;
    throw new GatewayError('INVENTORY_INVALID', `Panel ${panel.id} speaks "${panel.dialect}", which no dialect of this gateway reads.`, {
      context: { panel: panel.id, dialect: panel.dialect },
    });
  };

  const misfits = new WeakSet<Panel>();
  const listed = (panel: Panel, campus: string): Listed => {
    const dialect = dialectOf(panel);
    const { retainedEvents } = dialect;
    try {
      return { panel, grant: { panel, prefix: dialect.prefix(panel, campus), topics: dialect.topics(panel, campus), retainedEvents } };
    } catch (error) {
      if (!isGatewayError(error, 'INVENTORY_INVALID')) throw error;
      if (!misfits.has(panel)) log.error('panel settings unusable', { panel: panel.id, error });
      misfits.add(panel);
      return { panel };
    }
  };

  const listsOf = ({ panels, campus }: Inventory): ReadonlyMap<string, BrokerList> => {
    const byBroker = new Map<string, { panels: Map<PanelId, Listed>; grants: PanelGrant[] }>();
    for (const panel of panels) {
      if (!panel.enabled || !dialects.has(panel.dialect)) continue;
      const list = byBroker.get(panel.broker) ?? { panels: new Map<PanelId, Listed>(), grants: [] };
      byBroker.set(panel.broker, list);
      const one = listed(panel, campus.id);
      list.panels.set(panel.id, one);
      if (one.grant) list.grants.push(one.grant);
    }
    return byBroker;
  };

  const at = (broker: string): BrokerList => {
    const now = inventory.current();
    if (now !== seen) {
      lists = listsOf(now);
      seen = now;
    }
    return lists.get(broker) ?? nobody;
  };

  return {
    at,
    find: (id) => inventory.current().panels.find((panel) => panel.id === id && panel.enabled),
    dialectOf,
    speaksOn: ({ grant }, topic) => grant !== undefined && (topic.startsWith(grant.prefix) || grant.topics.some((filter) => matches(filter, topic))),
  };
}
