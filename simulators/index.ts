/** The register of simulators: `campus-gateway simulate NAME …`, one line each; and the whole school that the demo plays. */
import { cameraCommand } from './camera/command.ts';
import { cameraRunner } from './camera/runner.ts';
import { campusSimulator } from './campus-command.ts';
import type { Simulator } from './command-line.ts';
import { panelSimulator } from './panel/command.ts';
import { platformSimulator } from './platform/command.ts';
import { receiverSimulator } from './receiver/command.ts';

export { cameraRunner } from './camera/runner.ts';
export { openSimulatedCampus } from './campus.ts';
export { readCampusFile } from './campus-file.ts';

export const simulators: readonly Simulator[] = [
  cameraCommand,
  panelSimulator,
  platformSimulator,
  receiverSimulator,
  campusSimulator(cameraRunner()),
];
