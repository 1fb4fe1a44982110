/** What must hold between the items of an inventory, whoever changed it: the console, the API or an import. Pure. */
import type { Camera, Inventory } from '../domain/campus.ts';
import { roles } from '../domain/campus.ts';
import { fingerprintPattern } from '../domain/fingerprint.ts';
import { type Path, type Problem, pathText, shown } from '../runtime/problems.ts';
import { checkEvents } from './check-events.ts';
import { checkRules, typePattern } from './check-rules.ts';
import type { Rows } from './rows.ts';
import { namesIn } from './snapshot.ts';
import { checkSupervision } from './supervision.ts';

const secretName = /(password|passphrase|secret|token|apikey)$/i;
const addressOf: Readonly<Record<string, RegExp>> = { onvif: /^https?:$/, rtsp: /^rtsps?:$/ };
const anyAddress = /^(https?|rtsps?):$/;
/** Longest texts; a name must fit a wall tile, an address a phone call, settings the police codes of thousands of things. */
const most = { name: 100, address: 500, settings: 262_144, zones: 1_024, zoneChannels: 4 } as const;

export type Report = (path: Path, expected: string, value: unknown) => void;

/** Paths are those of the exported YAML file, so that an import can add the line. */
export function checkInventory(inventory: Inventory, rows: Rows): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (path, expected, value) => problems.push({ path: pathText(path), expected, got: shown(value, path) });
  checkCampus(inventory, report);
  const places = new Set<string>(inventory.places.map(({ id }) => id));
  const channels = new Set<string>(inventory.channels.map(({ id }) => id));
  const place = (path: Path, id: string | undefined) => {
    if (id !== undefined && !places.has(id)) report([...path, 'place'], 'the id of a place in the inventory', id);
  };

  for (const { id, name } of inventory.places) checkName(['places', id], name, report);
  for (const camera of inventory.cameras) {
    const path = ['cameras', camera.id];
    checkName(path, camera.name, report);
    place(path, camera.place);
    checkWord([...path, 'adapter'], camera.adapter, report);
    checkCameraAddress(path, camera.adapter, camera.address, report);
    checkFingerprint(path, camera, report);
    checkSettings(path, camera.settings, report);
    checkEvents([...path, 'events'], camera, (below, ids) => checkZoneChannels(below, ids, channels, report), report);
    if (camera.credentials?.username === '') report([...path, 'username'], 'a user name', '');
    if (!inventory.channels.some((channel) => channel.camera === camera.id)) report(['channels'], `a channel for camera ${camera.id}`, undefined);
  }
  checkChannels(inventory, report);
  for (const panel of inventory.panels) {
    const path = ['panels', panel.id];
    checkName(path, panel.name, report);
    place(path, panel.place);
    checkWord([...path, 'dialect'], panel.dialect, report);
    checkWord([...path, 'broker'], panel.broker, report);
    checkSettings(path, panel.settings, report);
    if (!(panel.heartbeatEvery >= 1_000 && panel.heartbeatEvery <= 86_400_000)) {
      report([...path, 'heartbeatSeconds'], 'a time from 1 s to 24 h', panel.heartbeatEvery / 1_000);
    }
    checkSupervision(path, panel.supervision ?? {}, report);
    if (panel.zones.length > most.zones) report([...path, 'zones'], `at most ${most.zones} zones`, panel.zones);
    for (const zone of panel.zones) {
      const below = [...path, 'zones', zone.id];
      checkName(below, zone.name, report);
      place(below, zone.place);
      if (zone.type !== undefined && !typePattern.test(zone.type)) report([...below, 'type'], 'an alarm type such as panic.silent', zone.type);
      checkZoneChannels([...below, 'channels'], zone.channels, channels, report);
    }
  }
  for (const uplink of inventory.uplinks) {
    const path = ['uplinks', uplink.id];
    checkName(path, uplink.name, report);
    checkWord([...path, 'adapter'], uplink.adapter, report);
    checkSettings(path, uplink.settings, report);
  }
  for (const key of rows.streamKeys) {
    if (key.label.trim() === '' || key.label.length > most.name) report(['streamKeys', key.id, 'label'], `1 to ${most.name} characters`, key.label);
    for (const [index, id] of (key.channels === null ? [] : namesIn(key.channels)).entries()) {
      if (!channels.has(id)) report(['streamKeys', key.id, 'channels', index], 'the id of a channel in the inventory', id);
    }
  }
  checkRules(inventory, report);
  checkUsers(rows, report);
  return problems;
}

function checkCampus({ campus }: Inventory, report: Report): void {
  checkName(['campus'], campus.name, report);
  if (campus.address.length > most.address) report(['campus', 'address'], `at most ${most.address} characters`, campus.address);
  try {
    new Intl.DateTimeFormat('en', { timeZone: campus.timeZone });
  } catch {
    // Node offers no other test of a zone's name than to use it.
    report(['campus', 'timeZone'], 'an IANA time zone such as Asia/Shanghai', campus.timeZone);
  }
}

function checkChannels(inventory: Inventory, report: Report): void {
  const cameras = new Set<string>(inventory.cameras.map(({ id }) => id));
  const numbers = new Map<number, string>();
  for (const channel of inventory.channels) {
    const path = ['channels', channel.id];
    checkName(path, channel.name, report);
    if (!cameras.has(channel.camera)) report([...path, 'camera'], 'the id of a camera in the inventory', channel.camera);
    if (!(Number.isInteger(channel.number) && channel.number >= 1 && channel.number <= 9_999)) {
      report([...path, 'number'], 'a number from 1 to 9999', channel.number);
    }
    const first = numbers.get(channel.number);
    if (first !== undefined) report([...path, 'number'], `a number that channel ${first} does not have`, channel.number);
    numbers.set(channel.number, channel.id);
  }
}

function checkZoneChannels(path: Path, ids: readonly string[], channels: ReadonlySet<string>, report: Report): void {
  if (ids.length > most.zoneChannels) report(path, `at most ${most.zoneChannels} channels`, ids);
  for (const [index, id] of ids.entries()) {
    if (!channels.has(id)) report([...path, index], 'the id of a channel in the inventory', id);
    else if (ids.indexOf(id) < index) report([...path, index], 'each channel once', id);
  }
}

function checkUsers(rows: Rows, report: Report): void {
  const names = new Set<string>();
  for (const user of rows.users) {
    const path = ['users', user.id];
    checkName(path, user.name, report);
    if (!roles.some((role) => role === user.role)) report([...path, 'role'], `one of ${roles.join(', ')}`, user.role);
    const folded = foldName(user.name);
    if (names.has(folded)) report([...path, 'name'], 'a name that no other user has', user.name);
    names.add(folded);
  }
}

/** Two names that look alike to a person signing in are one. */
export function foldName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase();
}

function checkName(path: Path, name: string, report: Report): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what a name must not have.
  if (name.trim() === '' || name.length > most.name || /[\u0000-\u001f\u007f]/.test(name)) {
    report([...path, 'name'], `1 to ${most.name} characters on one line`, name);
  }
}

function checkWord(path: Path, word: string, report: Report): void {
  if (!/^[a-z0-9][a-z0-9_-]{0,62}$/.test(word)) report(path, 'a lower-case word', word);
}

function checkCameraAddress(path: Path, adapter: string, address: string, report: Report): void {
  const at = [...path, 'address'];
  const protocol = addressOf[adapter] ?? anyAddress;
  if (address.length > most.address || !URL.canParse(address) || !protocol.test(new URL(address).protocol) || new URL(address).hostname === '') {
    report(at, adapter === 'rtsp' ? 'an address such as rtsp://10.0.0.5/stream' : 'an address such as http://10.0.0.5/onvif/device_service', address);
    return;
  }
  const { username, password } = new URL(address);
  if (username + password !== '') report(at, 'an address without user name and password: they have keys of their own', address);
}

/** A pin beside an address without TLS would look like protection and be none. */
function checkFingerprint(path: Path, { fingerprint256, address }: Camera, report: Report): void {
  if (fingerprint256 === undefined) return;
  if (!fingerprintPattern.test(fingerprint256)) report([...path, 'fingerprint256'], 'the SHA-256 of a certificate', fingerprint256);
  if (!/^(https|rtsps):/i.test(address)) report([...path, 'address'], 'an https:// or rtsps:// address beside a fingerprint', address);
}

function checkSettings(path: Path, settings: Readonly<Record<string, unknown>>, report: Report): void {
  const at = [...path, 'settings'];
  if (JSON.stringify(settings).length > most.settings) report(at, `at most ${most.settings} characters`, settings);
  const look = (value: unknown, below: Path): void => {
    if (typeof value === 'string' && /^[a-z][a-z0-9+.-]*:\/\/[^\s/@]*:[^\s/@]+@/i.test(value)) report(below, 'an address without password', value);
    if (typeof value !== 'object' || value === null) return;
    for (const [key, item] of Object.entries(value)) {
      if (secretName.test(key)) report([...below, key], 'no secret here, as settings are not sealed', item);
      else look(item, [...below, Array.isArray(value) ? Number(key) : key]);
    }
  };
  look(settings, at);
}
