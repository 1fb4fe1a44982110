/** The cameras of the campus: one supervised session each, and everything that is asked of a camera. */
import type { Camera } from '../domain/campus.ts';
import type { CameraCommand, CommandResult } from '../domain/command.ts';
import { GatewayError, isGatewayError } from '../domain/errors.ts';
import type { CameraStatus } from '../domain/health.ts';
import type { CameraId, ChannelId } from '../domain/ids.ts';
import type { StreamAddress, StreamProfile } from '../domain/media.ts';
import type { CameraAdapter, CameraIntroduction, CameraSession, Clock, InventoryReader, Logger } from '../domain/ports.ts';
import { seconds } from '../domain/time.ts';
import { type CameraHearingParts, openCameraHearing } from './camera-hearing.ts';
import { introduceCamera } from './camera-introduction.ts';
import { liveCamera } from './camera-life.ts';
import { connectionKey, openCameraRefusals } from './camera-refusals.ts';
import { openCameraStatuses } from './camera-status.ts';
import { openCameraStreams, type StreamSeen } from './camera-streams.ts';
import { within } from './within.ts';

export interface CameraFleetOptions {
  readonly inventory: InventoryReader;
  /** By kind. */
  readonly adapters: ReadonlyMap<string, CameraAdapter<unknown>>;
  /** What the media plane pulls just now. */
  readonly streams: () => Promise<readonly StreamSeen[]>;
  /** Told when nobody is to use a camera's credentials any more: its channels. Must not throw. */
  readonly refused?: (channels: readonly ChannelId[]) => void;
  /** Journals what a camera said, and what may have been missed of it. Absent: nobody wants to know. */
  readonly said?: Pick<CameraHearingParts, 'event' | 'gap'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface CameraFleet {
  /** Keeps a session to every enabled camera, and follows the inventory; ends when aborted, with every session closed. */
  run(signal: AbortSignal): Promise<void>;
  /** Undefined: no such camera, or it is switched off. */
  status(camera: CameraId): CameraStatus | undefined;
  statuses(): readonly CameraStatus[];
  changes(signal: AbortSignal): AsyncIterable<CameraStatus>;
  /** Of a channel, or of a camera. Throws NOT_FOUND, or why the camera is not connected: CAMERA_… codes, INVENTORY_INVALID, SECRET_UNREADABLE. */
  streamAddress(channelOrCamera: string, profile: StreamProfile): Promise<StreamAddress>;
  /** To a camera, or to the one behind a channel. Throws as `streamAddress` does, and COMMAND_UNSUPPORTED. */
  perform(channelOrCamera: string, command: CameraCommand, signal?: AbortSignal): Promise<CommandResult>;
  /** Asks the camera for a keyframe: some have none to give, and are not asked twice. Never throws; why not stands in the log. */
  askKeyframe(channelOrCamera: string, profile: StreamProfile): void;
  /** One visit to a camera that is not entered yet. */
  introduce(candidate: Camera, signal: AbortSignal): Promise<CameraIntroduction>;
}

interface Life {
  readonly key: string;
  readonly ending: AbortController;
  readonly done: Promise<void>;
}

interface OpenSession {
  readonly camera: Camera;
  readonly session: CameraSession;
  end(reason: GatewayError): void;
}

const askWithin = seconds(10);
const nobodyAsks: NonNullable<CameraFleetOptions['said']> = { event: async () => undefined, gap: async () => undefined };

export function openCameraFleet({ inventory, adapters, streams, refused, said = nobodyAsks, clock, log }: CameraFleetOptions): CameraFleet {
  const statuses = openCameraStatuses(clock);
  const refusals = openCameraRefusals(clock);
  const sessions = new Map<CameraId, OpenSession>();
  const lives = new Map<CameraId, Life>();
  /** Those of cameras that have no keyframe to give, or are being asked for one. */
  const unasked = new WeakSet<CameraSession>();
  const watched = openCameraStreams({ streams, cameraOf: behind, statuses, refusals, clock });

  const ending = new AbortController();
  const hearing = openCameraHearing({ ...said, statuses, clock, log }, ending.signal);

  const parts = {
    adapters,
    hear: hearing.hear,
    statuses,
    refusals,
    refused: ({ id }: Camera) => {
      const { channels } = inventory.current();
      refused?.(channels.filter(({ camera }) => camera === id).map((channel) => channel.id));
    },
    clock,
    log,
    opened: (camera: Camera, session: CameraSession, end: (reason: GatewayError) => void) => void sessions.set(camera.id, { camera, session, end }),
    closed: (camera: Camera) => void sessions.delete(camera.id),
  };

  /** One life per enabled camera as it now stands; a changed one ends before its successor begins. */
  function align(): void {
    const wanted = new Map(
      inventory
        .current()
        .cameras.filter(({ enabled }) => enabled)
        .map((camera) => [camera.id, camera]),
    );
    for (const [id, life] of lives) {
      if (wanted.has(id)) continue;
      life.ending.abort();
      lives.delete(id);
      statuses.forget(id);
      // A session's last words may still come in.
      void life.done.then(() => (lives.has(id) ? undefined : statuses.forget(id)));
    }
    for (const camera of wanted.values()) {
      const key = connectionKey(camera);
      const before = lives.get(camera.id);
      if (before?.key === key) continue;
      before?.ending.abort();
      const ending = new AbortController();
      const done = (before?.done ?? Promise.resolve()).then(() => {
        if (ending.signal.aborted) return;
        statuses.connecting(camera.id);
        return liveCamera(camera, parts, ending.signal);
      });
      lives.set(camera.id, { key, ending, done });
    }
  }

  function behind(id: string): Camera | undefined {
    const { cameras, channels } = inventory.current();
    const target = channels.find((channel) => channel.id === id)?.camera ?? id;
    return cameras.find((each) => each.id === target);
  }

  function find(id: string): Camera {
    const camera = behind(id);
    if (!camera) throw new GatewayError('NOT_FOUND', `There is no camera or channel ${JSON.stringify(id.slice(0, 80))}.`);
    if (!camera.enabled) throw new GatewayError('NOT_FOUND', `Camera ${camera.id} is switched off.`, { context: { camera: camera.id } });
    return camera;
  }

  /** Asks the open session of a camera; throws in words where there is none. */
  async function ask<Answer>(
    camera: Camera,
    signal: AbortSignal | undefined,
    question: (session: CameraSession, limit: AbortSignal) => Promise<Answer>,
  ): Promise<Answer> {
    const open = sessions.get(camera.id);
    const status = statuses.of(camera.id);
    if (!open || status?.connection !== 'connected') {
      throw new GatewayError(
        status?.code ?? 'CAMERA_UNREACHABLE',
        `Camera ${camera.id} is not connected: ${status?.sentence?.en ?? 'it is being connected.'}`,
        {
          context: { camera: camera.id },
        },
      );
    }
    try {
      const answer = await within(clock, { length: askWithin }, signal, (limit) => question(open.session, limit));
      statuses.answered(camera.id);
      return answer;
    } catch (cause) {
      if (isGatewayError(cause, 'CAMERA_CREDENTIALS')) {
        refusals.note(camera, 'camera');
        open.end(cause);
      }
      if (signal?.aborted || !(cause instanceof Error && cause.name === 'TimeoutError')) throw cause;
      throw new GatewayError('CAMERA_UNREACHABLE', `Camera ${camera.id} did not answer within ${askWithin / 1_000} s.`, {
        cause,
        context: { camera: camera.id },
      });
    }
  }

  return {
    async run(signal) {
      const changes = inventory.changes(signal)[Symbol.asyncIterator]();
      const watching = watched.run(signal);
      try {
        // Subscribed before the first look, so that no change falls in between.
        let next = changes.next();
        hearing.begin(inventory.current().cameras);
        align();
        while (!(await next).done) {
          next = changes.next();
          align();
        }
      } finally {
        const last = [...lives.values()];
        lives.clear();
        for (const life of last) life.ending.abort();
        await Promise.all([watching, ...last.map(({ done }) => done)]);
        ending.abort();
        await hearing.finish();
        for (const { camera } of statuses.all()) statuses.forget(camera);
      }
    },
    status: (camera) => statuses.of(camera),
    statuses: () => statuses.all(),
    changes: (signal) => statuses.changes(signal),
    async streamAddress(id, profile) {
      const camera = find(id);
      try {
        if (refusals.wait(camera, 'stream') > 0) {
          throw new GatewayError('CAMERA_CREDENTIALS', `A stream of camera ${camera.id} refused these credentials; they are not tried again yet.`, {
            context: { camera: camera.id },
          });
        }
        const address = await ask(camera, undefined, (session, limit) => session.streamAddress(profile, limit));
        watched.asked(id, profile, true);
        return address;
      } catch (error) {
        watched.asked(id, profile, false);
        throw error;
      }
    },
    async perform(id, command, signal) {
      return ask(find(id), signal, (session, limit) => session.perform(command, limit));
    },
    askKeyframe(id, profile) {
      const camera = behind(id);
      const open = camera && sessions.get(camera.id);
      if (!open || unasked.has(open.session)) return;
      unasked.add(open.session);
      ask(open.camera, undefined, (session, limit) => session.perform({ op: 'keyframe', profile }, limit)).then(
        ({ ok, sentence }) => {
          if (ok) unasked.delete(open.session);
          else log.debug('camera gives no keyframe', { camera: open.camera.id, sentence });
        },
        (error) => {
          log.debug('camera gives no keyframe', { camera: open.camera.id, error });
          if (!isGatewayError(error, 'COMMAND_UNSUPPORTED')) unasked.delete(open.session);
        },
      );
    },
    introduce: (candidate, signal) => introduceCamera(candidate, { adapters, refusals, clock, log }, signal),
  };
}
