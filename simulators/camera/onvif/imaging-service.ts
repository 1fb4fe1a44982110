/** ONVIF imaging service (ver20/imaging/wsdl), as far as focus goes. */
import { textAt } from '../../../adapters/protocols/xml.ts';
import { imagingServiceCapabilities } from './device.ts';
import { type Asked, invalidArgument, type OnvifFault, type Operation, type Operations, videoSourceToken } from './operation.ts';

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
  Stop: ofSource(({ camera }) => {
    camera.lens.focusSpeed = 0;
    return '<timg:StopResponse/>';
  }),
};

function ofSource(operation: Operation): Operation {
  return (asked: Asked): string | OnvifFault => (textAt(asked.request, 'VideoSourceToken') === videoSourceToken ? operation(asked) : noSource);
}
