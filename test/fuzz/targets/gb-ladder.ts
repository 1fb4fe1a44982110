/** The messages of an attacker in the call ladder: the doctor reads them, and shows them. */
import { readDatagram } from '../../../adapters/protocols/sip/read.ts';
import { diagnose } from '../../../adapters/uplinks/gb28181/doctor/diagnose.ts';
import { readLadder } from '../../../adapters/uplinks/gb28181/doctor/read-ladder.ts';
import { gb28181 } from '../../../adapters/uplinks/gb28181/index.ts';
import { drawStep, Ladder } from '../../../adapters/uplinks/gb28181/ladder.ts';
import { instant } from '../../../gateway/domain/time.ts';
import { fixture } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

const settings = gb28181.config.parse({
  platform: { code: '34020000002000000001', address: '192.0.2.10' },
  codes: { device: '34020000001180000001' },
  advertised: { address: '2001:db8::7' },
});
const seeds = ['register', 'unauthorized-wvp', 'registered-wvp', 'invite', 'subscribe', 'bye-wvp'].map((name) => fixture(`sip/gb28181/${name}.sip`));
const remote = { address: '192.0.2.10', port: 5_060 };
const at = instant(1_764_115_200_000);

export const gbLadderTarget: FuzzTarget = {
  name: 'gb-ladder',
  longest: 16 * 1024,
  words: ['SIP/2.0 401 Unauthorized\r\n', 'realm="', 'nonce="', 'response="', '<Password>', 'received=', ';rport=', '\x1b[2J', 'encoding="'],
  seeds: () => seeds,
  run(input) {
    const ladder = new Ladder();
    for (const bytes of [seeds[0]!, seeds[1]!])
      ladder.record({ direction: bytes === seeds[0] ? 'out' : 'in', transport: 'UDP', remote, message: readDatagram(bytes).message }, at);
    ladder.record({ direction: 'in', transport: 'UDP', remote, message: readDatagram(input).message }, at);
    const { steps } = ladder;
    must(steps.length === 3 && steps.every(({ message }) => message.body.length <= 2_048), 'little of a body is kept');
    const findings = diagnose({
      ...{ settings, password: 'there', status: { state: 'down', since: at }, trouble: { kind: 'silent', seconds: 32 }, strangers: [] },
      seen: readLadder(steps, at),
    });
    must(
      findings.length > 0 && findings.every(({ sentence }) => sentence.zh !== '' && sentence.en !== ''),
      'the doctor says something',
      () => findings,
    );
    const secret = /\bresponse="(?!\*\*\*)/;
    for (const step of steps.slice(0, 2)) must(!secret.test(drawStep(step)), 'no signature is shown');
    drawStep(steps[2]!);
  },
};
