/** Home Assistant's classes of a binary sensor (alarm-panels §1.2). `on` is what alarms, save of mains and of a connection, which are well when on. */
import type { Sign } from './reading.ts';
import { activity } from './reading.ts';

interface DeviceClass {
  readonly type: Sign['type'];
  /** "on" is the good state. */
  readonly inverted: boolean;
}

const whenOn = (type: Sign['type']): DeviceClass => ({ type, inverted: false });
const whenOff = (type: Sign['type']): DeviceClass => ({ type, inverted: true });

const classes: ReadonlyMap<string, DeviceClass> = new Map([
  ['smoke', whenOn('fire.smoke')],
  ['gas', whenOn('gas')],
  ['carbon_monoxide', whenOn('co')],
  ['heat', whenOn('fire.heat')],
  ['moisture', whenOn('water.leak')],
  ['tamper', whenOn('tamper.sensor')],
  ['battery', whenOn('sensor.battery.low')],
  ['problem', whenOn('loop.fault')],
  ['safety', whenOn('technical.24h')],
  ['power', whenOff('power.ac')],
  ['connectivity', whenOff('sensor.supervision')],
]);

/** Doors, movement and what says nothing of itself: an alarm only where the zone's type says so. */
export function deviceClass(name: string | undefined): DeviceClass {
  return classes.get(name ?? '') ?? whenOn(activity);
}
