/** The register of fuzz targets: one line each. */
import { plantedTargets } from '../planted/index.ts';
import type { FuzzTarget } from '../target.ts';
import { campusDialectTarget } from './campus-dialect.ts';
import { digestTarget } from './digest.ts';
import { h264PayloadTarget } from './h264-payload.ts';
import { h264SpsTarget } from './h264-sps.ts';
import { h265PayloadTarget } from './h265-payload.ts';
import { h265SpsTarget } from './h265-sps.ts';
import { rtcpTarget } from './rtcp.ts';
import { rtpTarget } from './rtp.ts';
import { rtspAddressTarget } from './rtsp-address.ts';
import { rtspMessageTarget } from './rtsp-message.ts';
import { rtspStreamTarget } from './rtsp-stream.ts';
import { sdpTarget } from './sdp.ts';
import { soapTarget } from './soap.ts';
import { wsDiscoveryTarget } from './wsdiscovery.ts';

export const targets: readonly FuzzTarget[] = [
  sdpTarget,
  rtspStreamTarget,
  rtspMessageTarget,
  rtspAddressTarget,
  rtpTarget,
  rtcpTarget,
  digestTarget,
  h264PayloadTarget,
  h264SpsTarget,
  h265PayloadTarget,
  h265SpsTarget,
  soapTarget,
  wsDiscoveryTarget,
  campusDialectTarget,
];

export const findTarget = (name: string) => [...targets, ...plantedTargets].find((target) => target.name === name);
