/** The register of health checks: one line each. */
import type { AnyHealthCheck } from '../check.ts';
import { alarmUndelivered } from './alarm-undelivered.ts';
import { cameraCertificate } from './camera-certificate.ts';
import { cameraClock } from './camera-clock.ts';
import { cameraCredentials } from './camera-credentials.ts';
import { cameraEvents } from './camera-events.ts';
import { cameraReply } from './camera-reply.ts';
import { cameraUnreachable } from './camera-unreachable.ts';
import { diskSpace } from './disk-space.ts';
import { journalChain } from './journal-chain.ts';
import { mediaRestarted } from './media-restarted.ts';
import { ownCertificate } from './own-certificate.ts';
import { panelBroker } from './panel-broker.ts';
import { panelQuiet } from './panel-quiet.ts';
import { panelSilent } from './panel-silent.ts';
import { panelTest } from './panel-test.ts';
import { panelTrouble } from './panel-trouble.ts';
import { streamFlawed } from './stream-flawed.ts';
import { streamStalled } from './stream-stalled.ts';
import { uplinkBacklog } from './uplink-backlog.ts';
import { uplinkBroken } from './uplink-broken.ts';
import { uplinkCertificate } from './uplink-certificate.ts';
import { uplinkLink } from './uplink-link.ts';
import { uplinkProof } from './uplink-proof.ts';
import { uplinkRefused } from './uplink-refused.ts';
import { zoneRecording } from './zone-recording.ts';

export const healthChecks: readonly AnyHealthCheck[] = [
  cameraUnreachable,
  cameraCredentials,
  cameraCertificate,
  cameraReply,
  cameraClock,
  cameraEvents,
  streamStalled,
  streamFlawed,
  panelSilent,
  panelBroker,
  panelTrouble,
  panelTest,
  panelQuiet,
  uplinkBacklog,
  uplinkRefused,
  uplinkBroken,
  uplinkLink,
  uplinkCertificate,
  uplinkProof,
  zoneRecording,
  alarmUndelivered,
  diskSpace,
  journalChain,
  ownCertificate,
  mediaRestarted,
];
