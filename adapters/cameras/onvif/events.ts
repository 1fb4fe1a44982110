/** The part of an ONVIF session that has to do with events. Nothing is subscribed to where no rule of the camera wants any: pull points are few. */

import type { CameraReport } from '../../../gateway/domain/camera-report.ts';
import type { Camera } from '../../../gateway/domain/campus.ts';
import type { CameraSession, Clock, Logger } from '../../../gateway/domain/ports.ts';
import { getEventProperties } from '../../protocols/onvif-events/orders.ts';
import { type OfferedTopic, readOfferedTopics } from '../../protocols/onvif-events/replies.ts';
import { DeviceFailure } from '../../protocols/soap/failure.ts';
import { legible } from '../legible.ts';
import { noReports } from '../no-reports.ts';
import { pinService } from './addresses.ts';
import type { Connected } from './connect.ts';
import { noEventService } from './event-loss.ts';
import { hearEvents } from './event-session.ts';
import { rowOfTopic } from './event-topics.ts';

export interface CameraEventsParts {
  readonly camera: Camera;
  readonly connected: Connected;
  readonly clock: Clock;
  readonly log: Logger;
}

export function cameraEventsOf({ camera, connected, clock, log }: CameraEventsParts): Pick<CameraSession, 'reports' | 'offeredEvents'> {
  const { client, home, profiles, chosen } = connected;
  const { id } = camera;

  /** On its own host, whatever it says; undefined: it names none that could be one. */
  function service(): URL | undefined {
    try {
      return connected.events === undefined ? undefined : pinService({ ...home, otherHosts: 'rewrite' }, connected.events, 'its event service');
    } catch (error) {
      if (error instanceof DeviceFailure) return undefined;
      throw error;
    }
  }

  async function offered(signal: AbortSignal): Promise<readonly OfferedTopic[] | undefined> {
    try {
      const url = service();
      return url && readOfferedTopics(await client.call({ url, ...getEventProperties() }, signal));
    } catch (error) {
      if (error instanceof DeviceFailure) return undefined; // some name a service with nothing behind it
      throw error;
    }
  }

  return {
    async *reports(signal): AsyncGenerator<CameraReport, void, void> {
      if ((camera.events ?? []).length > 0) {
        const url = service();
        if (!url) {
          yield* noReports(signal, { kind: 'lost', camera: id, why: noEventService });
        } else {
          const hasStates = (await offered(signal))?.some(({ topic, property }) => property && rowOfTopic(topic)?.shape === 'state') ?? false;
          const sources = { own: chosen.main, all: profiles };
          yield* hearEvents({ camera: id, client, home, service: url, clock, sources, hasStates, log: log.child({ camera: id }) }, signal);
        }
      }
      yield* noReports(signal);
    },
    async offeredEvents(signal) {
      return (await offered(signal))?.flatMap(({ topic }) => {
        const row = rowOfTopic(topic);
        return row?.shape === 'figure' ? [] : [{ topic: legible(topic, 300), ...(row ? { kind: row.kind } : {}) }];
      });
    },
  };
}
