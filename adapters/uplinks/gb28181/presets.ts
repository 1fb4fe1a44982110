/**
 * Presets have numbers from 1 to 255 here and tokens at the camera. Which is which must be the same after a restart and at every platform, so it is read
 * from what the camera lists, and kept nowhere. Pure.
 */
import type { CameraPreset } from '../../../gateway/domain/command.ts';

export const mostPresets = 255;

/** What one that a platform sets is called: its number is read from that name. Plain ASCII, which every camera keeps. */
export const nameOfPreset = (number: number): string => `Preset ${number}`;

/** By its name where we gave it, else by the digits of its token, else the lowest number that is free. */
export function numberedPresets(presets: readonly CameraPreset[]): ReadonlyMap<number, CameraPreset> {
  const numbered = new Map<number, CameraPreset>();
  const left = [
    (preset: CameraPreset) => numberIn(/^(?:预置[位点]|preset)\s*(\d{1,3})$/i, preset.name),
    (preset: CameraPreset) => numberIn(/^\D*(\d{1,3})$/, preset.token),
  ].reduce((rest, numberOf) => rest.filter((preset) => !place(numbered, numberOf(preset), preset)), presets);
  let next = 1;
  for (const preset of left) {
    while (numbered.has(next)) next += 1;
    place(numbered, next, preset);
  }
  return new Map([...numbered].sort(([a], [b]) => a - b));
}

function numberIn(pattern: RegExp, text: string): number | undefined {
  const digits = pattern.exec(text.trim())?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** False: there is no such number, or somebody has it. */
function place(numbered: Map<number, CameraPreset>, number: number | undefined, preset: CameraPreset): boolean {
  if (number === undefined || number < 1 || number > mostPresets || numbered.has(number)) return false;
  numbered.set(number, preset);
  return true;
}
