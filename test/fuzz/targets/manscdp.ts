/** MANSCDP bodies of platforms and devices. */
import { readdirSync } from 'node:fs';
import { encodeManscdp } from '../../../adapters/protocols/manscdp/charset.ts';
import { readManscdp, writeManscdp } from '../../../adapters/protocols/manscdp/message.ts';
import { prototypeNames } from '../shared/prototype-names.ts';
import { fixture } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

const folder = 'gb28181/manscdp/';
const control = (inside: string) => `<Control><CmdType>DeviceControl</CmdType><SN>1</SN><DeviceID>1</DeviceID>${inside}</Control>`;
const ours = [
  control('<HomePosition><Enabled>1</Enabled><ResetTime>9</ResetTime></HomePosition><Info><ControlPriority>5</ControlPriority></Info>'),
  control(
    '<DragZoomIn><Length>1</Length><Width>1</Width><MidPointX>1</MidPointX><MidPointY>1</MidPointY><LengthX>1</LengthX><LengthY>1</LengthY></DragZoomIn>',
  ),
  '<Query><CmdType>Alarm</CmdType><SN>1</SN><DeviceID>1</DeviceID><AlarmMethod>1/2</AlarmMethod><StartAlarmTime>2026-01-01T08:00:00</StartAlarmTime></Query>',
  '<Response><CmdType>ConfigDownload</CmdType><SN>1</SN><DeviceID>1</DeviceID><Result>OK</Result><BasicParam><Name>学校</Name></BasicParam></Response>',
  ...prototypeNames.map((name) => `<Query><CmdType>${name}</CmdType><SN>1</SN><DeviceID>1</DeviceID><${name}>1</${name}></Query>`),
];

export const manscdpTarget: FuzzTarget = {
  name: 'manscdp',
  longest: 64 * 1024 + 64,
  words: ['</Item>', '<Item>', '<Info>', '</Info>', '&lt;', '<![CDATA[', ']]>', '<!DOCTYPE', '\0', '学校', ...prototypeNames],
  seeds: () => [
    ...readdirSync(new URL(`../../fixtures/${folder}`, import.meta.url)).map((name) => fixture(folder + name)),
    ...ours.map((text) => encodeManscdp(text, 'GB18030')),
  ],
  run(input) {
    const message = readManscdp(input);
    if (message.root === 'foreign') return;
    // Fractions of a second and the like are gone once it is written.
    const written = readManscdp(writeManscdp(message, 'UTF-8'));
    must(written.root === message.root && written.cmdType === message.cmdType, 'what is written is of the same kind', () => [message, written]);
    if (written.root === 'foreign') return;
    const again = readManscdp(writeManscdp(written, 'UTF-8'));
    must(JSON.stringify(again) === JSON.stringify(written), 'what is written is read the same', () => [written, again]);
  },
};
