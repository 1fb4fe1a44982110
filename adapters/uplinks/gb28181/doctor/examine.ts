/** Why does this platform not know us, or not show what it should? Gathers the facts, judges them, and shows the messages that they came from. */
import { zonePath } from '../../../../gateway/domain/health.ts';
import { between } from '../../../../gateway/domain/time.ts';
import type { UplinkExamination } from '../../../../gateway/domain/uplink-ports.ts';
import { drawStep, type Ladder } from '../ladder.ts';
import type { PlatformLink } from '../link.ts';
import { localAddress, resolveHost } from '../local-address.ts';
import { unknownShares } from '../owned.ts';
import { domainOf, mayShowZone } from '../settings.ts';
import { diagnose } from './diagnose.ts';
import type { DoctorFacts } from './facts.ts';
import { type KnockTarget, knockTcp, knockUdp } from './probe.ts';
import { readLadder } from './read-ladder.ts';
import type { Strangers } from './strangers.ts';

export interface Patient {
  readonly link: PlatformLink;
  readonly ladder: Ladder;
  readonly strangers: Strangers;
  readonly password: string | undefined;
}

/** A few seconds while there is no registration: then it knocks. Changes nothing. */
export async function examine(patient: Patient, signal: AbortSignal): Promise<UplinkExamination> {
  const { link, ladder, password, strangers } = patient;
  const { settings, context, asked } = link;
  const { platform, local, codes } = settings;
  const now = context.clock.now();
  const peer = asked?.redirected ? asked.peer : platform;
  const server = asked?.code ?? platform.code;
  const address = await resolveHost(peer.address);
  const own = address === undefined ? undefined : await localAddress(local, address);
  const place = address === undefined || own === undefined ? undefined : { address, local: own };
  const target = place && { ...place, port: peer.port, own: codes.device, server, domain: domainOf(settings, server) };
  const steps = ladder.steps;
  const routed = address !== undefined && link.status.state === 'down' ? await localAddress({ port: 0 }, address) : undefined;
  const inventory = context.door.inventory.current();
  const facts: DoctorFacts = {
    ...{ settings, status: link.status, trouble: link.trouble, strangers: strangers.heard(now), seen: readLadder(steps, now) },
    lasts: between(link.status.since, now),
    losses: link.losses.map((loss) => ({ ...loss, age: between(loss.at, now) })),
    channels: inventory.channels.map(({ id }) => id),
    zones: inventory.panels.flatMap((panel) =>
      panel.zones.filter((zone) => mayShowZone(settings, zonePath(panel.id, zone.id), zone.channels)).map((zone) => zonePath(panel.id, zone.id)),
    ),
    unknownShares: unknownShares(settings, inventory),
    heardAll: ladder.hasAllTheirs,
    ...(asked ? { asked } : {}),
    ...(routed === undefined ? {} : { routed }),
    password: looksOf(password),
    ...(own === undefined ? {} : { own }),
    ...(address === undefined ? {} : { address }),
    ...(link.mediaBlocked ? { mediaBlocked: link.mediaBlocked } : {}),
    ...(target && link.status.state === 'down' ? { knocks: await knock(target) } : {}),
  };
  const findings = diagnose(facts);
  return { sentence: findings[0]?.sentence ?? { zh: '', en: '' }, findings, ladder: steps.map(drawStep) };

  async function knock(at: KnockTarget) {
    const [tcp, udp] = await Promise.all([knockTcp(at, context.clock, signal), knockUdp(at, context.clock, signal)]);
    return { tcp, udp };
  }
}

function looksOf(password: string | undefined): DoctorFacts['password'] {
  if (password === undefined || password === '') return 'none';
  if (password.trim() !== password) return 'blank-at-the-ends';
  return /^[\x20-\x7e]*$/.test(password) ? 'there' : 'not-ascii';
}
