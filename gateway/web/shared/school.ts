/** What both pages know of the school: overview, devices, channels and alarms, kept current by the live channel. */
import { useCallback, useEffect, useRef, useState } from 'react';
import type { LifeStep } from '../../domain/alarm-step.ts';
import type { AlarmView, ChannelView, DeviceView, Overview } from '../../domain/api.ts';
import type { Seat } from '../../domain/event.ts';
import { api, Problem } from './api.ts';
import { followLive, type LiveChannel } from './live.ts';
import { openRetry, type Retry } from './retry.ts';

export interface School {
  readonly overview?: Overview;
  readonly devices: readonly DeviceView[];
  readonly channels: readonly ChannelView[];
  /** Newest first. */
  readonly alarms: readonly AlarmView[];
  /** More alarms are in the journal than were loaded. */
  readonly earlier?: number;
  readonly loaded: boolean;
  /** Seconds since the gateway last said anything; 0 while it does. */
  readonly silence: number;
  /** The gateway's clock at its last beat, epoch ms. */
  readonly gatewayNow: number;
  readonly signedOut: boolean;
  acknowledge(alarm: string): Promise<void>;
  /** Rejects with what the gateway refuses. */
  take(alarm: string, step: LifeStep): Promise<void>;
  /** Stood painted on a page that somebody can see. */
  shown(alarm: string): void;
  loadEarlier(): Promise<void>;
}

const kept = 500;

function merge(alarms: readonly AlarmView[], more: readonly AlarmView[]): readonly AlarmView[] {
  const byId = new Map(alarms.map((alarm) => [alarm.id, alarm]));
  for (const alarm of more) byId.set(alarm.id, alarm);
  return [...byId.values()].sort((a, b) => b.position - a.position).slice(0, kept);
}

export function useSchool(screen: Seat): School {
  const channel = useRef<LiveChannel>(undefined);
  const [overview, setOverview] = useState<Overview>();
  const [devices, setDevices] = useState<readonly DeviceView[]>([]);
  const [channels, setChannels] = useState<readonly ChannelView[]>([]);
  const [alarms, setAlarms] = useState<readonly AlarmView[]>([]);
  const [earlier, setEarlier] = useState<number>();
  const [loaded, setLoaded] = useState(false);
  const [silence, setSilence] = useState(0);
  const [gatewayNow, setGatewayNow] = useState(0);
  const [signedOut, setSignedOut] = useState(false);

  const retry = useRef<Retry>(undefined);
  const reload = useCallback(async () => {
    try {
      const [page, everyChannel, everyDevice, now] = await Promise.all([api.alarms(), api.channels(), api.devices(), api.overview()]);
      setAlarms((before) => merge(before, page.alarms));
      setEarlier(page.next);
      setChannels(everyChannel);
      setDevices(everyDevice);
      setOverview(now);
      setLoaded(true);
      retry.current?.succeeded();
    } catch (error) {
      if (error instanceof Problem && error.status === 401) setSignedOut(true);
      else retry.current?.soon();
    }
  }, []);

  useEffect(() => {
    const again = openRetry(() => void reload());
    retry.current = again;
    return () => again.close();
  }, [reload]);
  useEffect(() => {
    let known = '';
    const live = followLive({
      message(message) {
        switch (message.kind) {
          case 'hello':
            void reload();
            return;
          case 'event':
            if (message.alarm) {
              const { alarm } = message;
              setAlarms((before) => merge(before, [alarm]));
            }
            return;
          case 'alarm': {
            const { alarm } = message;
            setAlarms((before) => merge(before, [alarm]));
            return;
          }
          case 'health': {
            setOverview(message.overview);
            setDevices(message.devices);
            const cameras = message.devices
              .filter(({ kind }) => kind === 'camera')
              .map(({ id, state }) => `${id} ${state}`)
              .join();
            if (cameras !== known) {
              known = cameras;
              void api.channels().then(setChannels, () => undefined); // asked again at the next change
            }
            return;
          }
          case 'beat':
            setGatewayNow(Date.parse(message.at));
            return;
        }
      },
      silence: setSilence,
      unauthenticated: () => setSignedOut(true),
    });
    channel.current = live;
    return () => live.close();
  }, [reload]);
  const shown = useCallback((alarm: string) => channel.current?.report({ kind: 'shown', alarm, screen }), [screen]);

  return {
    ...(overview ? { overview } : {}),
    devices,
    channels,
    alarms,
    ...(earlier === undefined ? {} : { earlier }),
    loaded,
    silence,
    gatewayNow,
    signedOut,
    shown,
    async acknowledge(alarm) {
      const taken = await api.acknowledge(alarm);
      setAlarms((before) => merge(before, [taken]));
    },
    async take(alarm, step) {
      const taken = await api.step(alarm, step);
      setAlarms((before) => merge(before, [taken]));
    },
    async loadEarlier() {
      if (earlier === undefined) return;
      const page = await api.alarms(earlier);
      setAlarms((before) => merge(before, page.alarms));
      setEarlier(page.next);
    },
  };
}
