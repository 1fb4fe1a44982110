/** One node of a catalogue: a camera, an alarm input, a business group, a virtual organisation, a region (GB/T 28181 A.2.1.9, "itemType"). */
import { decimal, filled, flag, integer, optional, record, required, slashed, text, type ValueOf, word } from './fields.ts';

/** Numbers are the codes of the standard: PTZType 1 is a dome, RoomType 1 is outdoors, DirectionType 1 is east, and so on. */
const details = record({
  ptzType: optional(integer, 'PTZType'),
  photoelectricImagingType: optional(text, 'PhotoelectricImagingType'),
  capturePositionType: optional(text, 'CapturePositionType'),
  positionType: optional(integer, 'PositionType'),
  roomType: optional(integer, 'RoomType'),
  useType: optional(integer, 'UseType'),
  supplyLightType: optional(integer, 'SupplyLightType'),
  directionType: optional(integer, 'DirectionType'),
  resolution: optional(text, 'Resolution'),
  streamNumberList: optional(text, 'StreamNumberList'),
  businessGroupId: optional(text, 'BusinessGroupID'),
  downloadSpeed: optional(text, 'DownloadSpeed'),
  svcSpaceSupportMode: optional(integer, 'SVCSpaceSupportMode'),
  svcTimeSupportMode: optional(integer, 'SVCTimeSupportMode'),
  mobileDeviceType: optional(integer, 'MobileDeviceType'),
  horizontalFieldAngle: optional(decimal, 'HorizontalFieldAngle'),
  verticalFieldAngle: optional(decimal, 'VerticalFieldAngle'),
  maxViewDistance: optional(decimal, 'MaxViewDistance'),
  grassrootsCode: optional(text, 'GrassrootsCode'),
  pointType: optional(integer, 'PointType'),
  pointCommonName: optional(text, 'PointCommonName'),
  mac: optional(text, 'MAC'),
  functionType: optional(text, 'FunctionType'),
  encodeType: optional(text, 'EncodeType'),
  installTime: optional(text, 'InstallTime'),
  managementUnit: optional(text, 'ManagementUnit'),
  contactInfo: optional(text, 'ContactInfo'),
  recordSaveDays: optional(integer, 'RecordSaveDays'),
  industrialClassification: optional(text, 'IndustrialClassification'),
});

/**
 * Only the code must be there: a region has a name besides, a notice that something went OFF nothing but the event. What is unknown is left out
 * rather than sent empty. The camera's password has no place here.
 */
export const catalogItem = record({
  deviceId: required(filled, 'DeviceID'),
  /** In a Notify only; ADD and UPDATE come with the whole item. */
  event: optional(word('ON', 'OFF', 'VLOST', 'DEFECT', 'ADD', 'DEL', 'UPDATE'), 'Event'),
  name: optional(text, 'Name'),
  manufacturer: optional(text, 'Manufacturer'),
  model: optional(text, 'Model'),
  /** 2016 only. */
  owner: optional(text, 'Owner'),
  civilCode: optional(text, 'CivilCode'),
  block: optional(text, 'Block'),
  address: optional(text, 'Address'),
  /** Has children. */
  parental: optional(flag, 'Parental'),
  parentIds: optional(slashed, 'ParentID'),
  /** 2016 only. */
  safetyWay: optional(integer, 'SafetyWay'),
  registerWay: optional(integer, 'RegisterWay'),
  securityLevelCode: optional(text, 'SecurityLevelCode'),
  /** Confidential. */
  secrecy: optional(flag, 'Secrecy'),
  ipAddress: optional(text, 'IPAddress'),
  port: optional(integer, 'Port'),
  status: optional(word('ON', 'OFF'), 'Status'),
  /** WGS-84, degrees. */
  longitude: optional(decimal, 'Longitude'),
  latitude: optional(decimal, 'Latitude'),
  businessGroupId: optional(text, 'BusinessGroupID'),
  info: optional(details, 'Info'),
});

export type CatalogItem = ValueOf<typeof catalogItem>;
