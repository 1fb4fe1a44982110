/** ONVIF imaging service (ver20/imaging/wsdl), as far as focus and iris go. */
import { find, textAt } from '../../../adapters/protocols/xml.ts';
import { range } from './configurations.ts';
import { imagingServiceCapabilities } from './device.ts';
import { invalidArgument, type Operation, type Operations, videoSourceToken } from './operation.ts';

const mostIris = 20;
const noSource = invalidArgument('NoSource', 'The requested video source does not exist');

export const imagingOperations: Operations = {
  GetServiceCapabilities: () => `<timg:GetServiceCapabilitiesResponse>${imagingServiceCapabilities}</timg:GetServiceCapabilitiesResponse>`,
  GetMoveOptions: ofSource(
    () =>
      '<timg:GetMoveOptionsResponse><timg:MoveOptions><tt:Continuous><tt:Speed><tt:Min>-1</tt:Min><tt:Max>1</tt:Max></tt:Speed></tt:Continuous></timg:MoveOptions></timg:GetMoveOptionsResponse>',
  ),
  Move: ofSource(({ request, camera }) => {
    const speed = Number(textAt(request, 'Focus', 'Continuous', 'Speed'));
    if (!(Math.abs(speed) <= 1)) return invalidArgument('SettingsInvalid', 'A focus speed must be a number from -1 to 1');
    camera.lens.focusSpeed = speed;
    return '<timg:MoveResponse/>';
  }),
  GetImagingSettings: ofSource(
    ({ camera: { lens } }) =>
      `<timg:GetImagingSettingsResponse><timg:ImagingSettings><tt:Exposure><tt:Mode>${lens.manual ? 'MANUAL' : 'AUTO'}</tt:Mode>` +
      `<tt:Iris>${lens.iris}</tt:Iris></tt:Exposure></timg:ImagingSettings></timg:GetImagingSettingsResponse>`,
  ),
  GetOptions: ofSource(
    () =>
      '<timg:GetOptionsResponse><timg:ImagingOptions><tt:Exposure><tt:Mode>AUTO</tt:Mode><tt:Mode>MANUAL</tt:Mode>' +
      `${range('Iris', 0, mostIris)}</tt:Exposure></timg:ImagingOptions></timg:GetOptionsResponse>`,
  ),
  SetImagingSettings: ofSource(({ request, camera }) => {
    const exposure = find(request, 'ImagingSettings', 'Exposure');
    const mode = textAt(exposure, 'Mode');
    const iris = Number(textAt(exposure, 'Iris') ?? camera.lens.iris);
    if (!(iris >= 0 && iris <= mostIris)) return invalidArgument('SettingsInvalid', 'An iris must be a number from 0 to 20');
    if (mode !== undefined) camera.lens.manual = mode === 'MANUAL';
    camera.lens.iris = iris;
    return '<timg:SetImagingSettingsResponse/>';
  }),
  Stop: ofSource(({ camera }) => {
    camera.lens.focusSpeed = 0;
    return '<timg:StopResponse/>';
  }),
};

function ofSource(operation: Operation): Operation {
  return (asked) => (textAt(asked.request, 'VideoSourceToken') === videoSourceToken ? operation(asked) : noSource);
}
