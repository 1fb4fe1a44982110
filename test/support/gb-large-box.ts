/** A box with as many cameras as a test wants, each with a button beside it, for what an uplink tells a platform of them. */
import type { GbCodes } from '../../adapters/uplinks/gb28181/codes/code-map.ts';
import type { Inventory } from '../../gateway/domain/campus.ts';
import type { DeviceHealth, DeviceState } from '../../gateway/domain/health.ts';
import { cameraId, campusId, channelId, panelId, zoneId } from '../../gateway/domain/ids.ts';
import type { Clock } from '../../gateway/domain/ports.ts';
import type { PlatformDoor } from '../../gateway/domain/uplink-ports.ts';
import { device } from './gb-registrar.ts';
import { camera, panel } from './inventory.ts';
import { uplinkMemory } from './uplink-memory.ts';

export const cameraCode = (serial: number) => `3402000000132${String(serial).padStart(7, '0')}`;
export const zoneCode = (serial: number) => `3402000000134${String(serial).padStart(7, '0')}`;
/** Of what people write: two outside GB2312, one outside the basic plane, and what XML must escape. */
const names = ['校门口', '一号楼 <东> & "西"', '萳湖㐀村', '𠮷田楼', '1#楼梯'];

export interface LargeBox {
  readonly door: Pick<PlatformDoor, 'inventory' | 'health' | 'remembered' | 'remember'>;
  readonly codes: GbCodes;
  /** Camera 1, 2 …: as health sees it from now on. */
  set(serial: number, state: DeviceState): void;
  /** Names of the channels from now on, `camera-1` first. */
  rename(serial: number, name: string): void;
  /** What a platform must show: code, name, status. */
  truth(): readonly string[];
}

export function largeBox(clock: Clock, size: number): LargeBox {
  const serials = Array.from({ length: size }, (_, index) => index + 1);
  const states = new Map<string, DeviceState>();
  const titles = new Map(serials.map((serial) => [serial, `${names[serial % names.length]} ${serial}`]));
  const zones = serials.map((serial) => ({
    id: zoneId(`z${serial}`),
    name: `报警 ${serial}`,
    type: 'panic.silent',
    channels: [channelId(`c${serial}`)],
  }));
  const current = (): Inventory => ({
    campus: { id: campusId('school'), name: '第三小学', timeZone: 'Asia/Shanghai', address: '芜湖市中山路 1 号' },
    places: [],
    cameras: serials.map((serial) => {
      const { credentials: _none, ...each } = camera(`camera-${serial}`);
      return each;
    }),
    channels: serials.map((serial) => ({
      ...{ id: channelId(`c${serial}`), name: titles.get(serial)!, camera: cameraId(`camera-${serial}`), number: serial },
    })),
    panels: [{ ...panel('gate', [], { zones }), id: panelId('gate') }],
    uplinks: [],
    rules: [],
  });
  const healthOf = (id: string): DeviceHealth => {
    const subject = id.startsWith('camera') ? cameraId(id) : panelId('gate');
    return { subject, kind: id.startsWith('camera') ? 'camera' : 'panel', state: states.get(id) ?? 'normal', since: clock.now(), faults: [] };
  };
  const nothing = async function* () {};
  const codes: GbCodes = {
    ...{ device, places: {} },
    channels: Object.fromEntries(serials.map((serial) => [`c${serial}`, cameraCode(serial)])),
    zones: Object.fromEntries(serials.map((serial) => [`gate/z${serial}`, zoneCode(serial)])),
  };
  return {
    codes,
    door: {
      ...uplinkMemory(),
      inventory: { current, changes: nothing },
      health: { device: healthOf, devices: () => [], changes: nothing },
    },
    set: (serial, state) => states.set(`camera-${serial}`, state),
    rename: (serial, name) => titles.set(serial, name),
    truth: () =>
      [
        ...serials.map((serial) => `${cameraCode(serial)} ${titles.get(serial)} ${healthOf(`camera-${serial}`).state === 'normal' ? 'ON' : 'OFF'}`),
        ...serials.map((serial) => `${zoneCode(serial)} 报警 ${serial} ON`),
      ].toSorted(),
  };
}
