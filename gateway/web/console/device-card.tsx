/** One device: its state and why, and what can be done with it. */
import { Drawer, Empty, Skeleton } from 'antd';
import type { DeviceView } from '../../domain/api.ts';
import { StateMark } from '../shared/state-mark.tsx';
import { momentText } from '../shared/time-text.ts';
import { CameraRules } from './camera-rules.tsx';
import type { PageProps } from './console.tsx';
import { DeviceEvents } from './device-events.tsx';
import { DeviceStreams } from './device-streams.tsx';
import { PanelDesk } from './panel-desk.tsx';

export function DeviceCard(props: PageProps) {
  const { thing, open, school, say } = props;
  const device = school.devices.find(({ id }) => id === thing);
  return (
    <Drawer
      open={thing !== undefined}
      onClose={() => open(undefined)}
      title={device?.name ?? (thing && say('deviceCard'))}
      size="min(1080px, 100vw)"
      destroyOnHidden
    >
      {device ? (
        <Device key={device.id} device={device} {...props} />
      ) : school.loaded ? (
        <Empty description={say('noSuchDevice')} />
      ) : (
        <Skeleton active />
      )}
    </Drawer>
  );
}

function Device({ device, ...props }: PageProps & { readonly device: DeviceView }) {
  const { school, say, language, may } = props;
  const facts = [
    [say('kind'), say(device.kind)],
    [say('place'), device.place],
    [say('since'), momentText(device.since)],
    [say('provenAt'), device.provenAt === undefined ? say('never') : momentText(device.provenAt)],
    [say('model'), device.model],
    [say('firmware'), device.firmware],
    [say('address'), device.address],
  ] as const;
  return (
    <div className="card" data-testid="device">
      <div>
        <StateMark state={device.state} say={say} />
        {device.faults.map((fault) => (
          <p key={fault.code}>{fault.sentence[language]}</p>
        ))}
        <dl className="facts">
          {facts.map(([name, value]) =>
            value === undefined ? null : (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
          )}
        </dl>
      </div>
      {device.kind === 'camera' ? (
        <section aria-label={say('streams')}>
          <h3>{say('streams')}</h3>
          <DeviceStreams streams={device.streams ?? []} now={school.gatewayNow} say={say} />
        </section>
      ) : null}
      {device.events ? <DeviceEvents events={device.events} say={say} language={language} /> : null}
      {device.kind === 'camera' && may('PUT /api/v1/cameras/:id') ? <CameraRules camera={device.id} events={device.events} {...props} /> : null}
      {device.kind !== 'panel' ? null : may('GET /api/v1/panels/:id/commands') ? (
        <PanelDesk panel={device.id} {...props} />
      ) : (
        <p className="quiet">{say('deskNotYours')}</p>
      )}
    </div>
  );
}
