/** What a camera says by itself, as people see it: what it offers, what of it becomes an alarm, and whether it is heard. */
import type { CameraEventsView } from '../../domain/api.ts';
import { type CameraEventKind, cameraEventKinds, cameraEventRows } from '../../domain/camera-events.ts';
import type { Camera } from '../../domain/campus.ts';
import type { CameraHearing } from '../../domain/health.ts';
import { isoOf } from '../../domain/time.ts';

/** Undefined: it was not connected since the start. */
export function cameraEventsView({ events = [] }: Camera, hearing: CameraHearing | undefined): CameraEventsView | undefined {
  if (!hearing) return undefined;
  const { state, since, provenAt, why, offered = [], unknown = [] } = hearing;
  const row = (kind: CameraEventKind, topic?: string) => ({
    kind,
    title: cameraEventRows[kind].title,
    ...(topic === undefined ? {} : { topic }),
    offered: offered.some((each) => (topic === undefined ? each.kind === kind : each.topic === topic)),
    wanted: events.some(
      (rule) => rule.kind === kind && (topic === undefined || (rule.topic !== undefined && `/${topic}`.endsWith(`/${rule.topic}`))),
    ),
  });
  const strange = offered.filter((each) => each.kind === undefined).map(({ topic }) => row('other', topic));
  const known = cameraEventKinds.filter((kind) => kind !== 'other').map((kind) => row(kind));
  return {
    state,
    since: isoOf(since),
    ...(provenAt === undefined ? {} : { provenAt: isoOf(provenAt) }),
    ...(why && state === 'lost' ? { why } : {}),
    kinds: [...known.filter((each) => each.offered || each.wanted), ...strange],
    unknown,
  };
}
