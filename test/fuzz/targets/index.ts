/** The register of fuzz targets: one line each. */
import type { FuzzTarget } from '../target.ts';
import { aacPayloadTarget } from './aac-payload.ts';
import { campusDialectTarget } from './campus-dialect.ts';
import { dc09MessageTarget } from './dc09-message.ts';
import { dc09StreamTarget } from './dc09-stream.ts';
import { digestTarget } from './digest.ts';
import { flvTarget } from './flv.ts';
import { g711PayloadTarget } from './g711-payload.ts';
import { gbLadderTarget } from './gb-ladder.ts';
import { gbOfferTarget } from './gb-offer.ts';
import { gbSessionTarget } from './gb-session.ts';
import { gbSettingsTarget } from './gb-settings.ts';
import { h264PayloadTarget } from './h264-payload.ts';
import { h264SpsTarget } from './h264-sps.ts';
import { h265PayloadTarget } from './h265-payload.ts';
import { h265SpsTarget } from './h265-sps.ts';
import { issuedCodesTarget } from './issued-codes.ts';
import { issuedYamlTarget } from './issued-yaml.ts';
import { manscdpTarget } from './manscdp.ts';
import { mediaStreamTarget } from './media-stream.ts';
import { onvifEventsTarget } from './onvif-events.ts';
import { panelDialectsTarget } from './panel-dialects.ts';
import { psTarget } from './ps.ts';
import { ptzTarget } from './ptz.ts';
import { rtcpTarget } from './rtcp.ts';
import { rtpTarget } from './rtp.ts';
import { rtpFramingTarget } from './rtp-framing.ts';
import { rtpReorderTarget } from './rtp-reorder.ts';
import { rtspAddressTarget } from './rtsp-address.ts';
import { rtspMessageTarget } from './rtsp-message.ts';
import { rtspStreamTarget } from './rtsp-stream.ts';
import { rtspTransportTarget } from './rtsp-transport.ts';
import { sdpTarget } from './sdp.ts';
import { sipDialogTarget } from './sip-dialog.ts';
import { sipMessageTarget } from './sip-message.ts';
import { sipStreamTarget } from './sip-stream.ts';
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
  onvifEventsTarget,
  soapTarget,
  wsDiscoveryTarget,
  campusDialectTarget,
  aacPayloadTarget,
  g711PayloadTarget,
  rtpReorderTarget,
  mediaStreamTarget,
  flvTarget,
  rtspTransportTarget,
  sipMessageTarget,
  sipStreamTarget,
  sipDialogTarget,
  gbSessionTarget,
  manscdpTarget,
  ptzTarget,
  issuedCodesTarget,
  panelDialectsTarget,
  psTarget,
  rtpFramingTarget,
  gbOfferTarget,
  issuedYamlTarget,
  gbSettingsTarget,
  gbLadderTarget,
  dc09MessageTarget,
  dc09StreamTarget,
];
