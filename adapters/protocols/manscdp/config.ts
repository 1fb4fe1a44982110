/** Settings that a platform reads (ConfigDownload) or writes (DeviceConfig), GB/T 28181 A.2.3.2, A.2.4.7, A.2.6.9. One element for each type. */
import { anyOf, integer, optional, record, required, several, text } from './fields.ts';

/** A platform takes from the first two of HeartBeat what it believes of our life: never 0, never empty (facts §3.3). */
const basicParam = record({
  name: optional(text, 'Name'),
  /** s of a registration. */
  expiration: optional(integer, 'Expiration'),
  /** s. */
  heartBeatInterval: optional(integer, 'HeartBeatInterval'),
  heartBeatCount: optional(integer, 'HeartBeatCount'),
  positionCapability: optional(integer, 'PositionCapability'),
});

const videoParamOpt = record({ downloadSpeed: optional(text, 'DownloadSpeed'), resolution: optional(text, 'Resolution') });

/** 2022. Codes as in the `f=` line of an SDP. */
const videoParamAttribute = record({
  streamNumber: required(integer, 'StreamNumber'),
  videoFormat: optional(text, 'VideoFormat'),
  resolution: optional(text, 'Resolution'),
  frameRate: optional(text, 'FrameRate'),
  bitRateType: optional(text, 'BitRateType'),
  videoBitRate: optional(text, 'VideoBitRate'),
});

/** 2022: pictures to be taken and sent to an address that whoever sends this chooses: to be obeyed for allowed hosts only. */
const snapShotConfig = record({
  snapNum: required(integer, 'SnapNum'),
  /** s. */
  interval: required(integer, 'Interval'),
  uploadUrl: required(text, 'UploadURL'),
  sessionId: required(text, 'SessionID'),
});

/** The spellings are those of running code; `SnapShot` is that of one copy of the 2022 text. */
export const configs = anyOf({
  BasicParam: basicParam,
  VideoParamOpt: videoParamOpt,
  VideoParamAttribute: several(videoParamAttribute, 'Item'),
  SnapShotConfig: snapShotConfig,
  SnapShot: snapShotConfig,
});
