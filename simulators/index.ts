/** The register of simulators: `campus-gateway simulate NAME …`, one line each. */
import { campusSimulator } from './campus-command.ts';
import type { Simulator } from './command-line.ts';
import { panelSimulator } from './panel/command.ts';
import { platformSimulator } from './platform/command.ts';

export const simulators: readonly Simulator[] = [panelSimulator, platformSimulator, campusSimulator()];
