/** Where a platform sees us, by the Via of its answers: a NAT that gives us another port is a lost registration, and nothing else is (facts §3.5). */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { ManualClock } from '../../../gateway/runtime/clock.ts';
import { gbDevice, until } from '../../support/gb-device.ts';

/** Answers everything with 200, and writes into its Via what `seen` says. */
async function viaSayer(seen: (method: string, port: number) => string) {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const heard: string[] = [];
  socket.on('message', (datagram, { address, port }) => {
    const [first = '', ...lines] = datagram.toString('latin1').split('\r\n');
    const method = first.split(' ')[0]!;
    heard.push(method);
    const said = seen(method, port);
    const kept = lines.filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line)).map((line) => line.replace(/;rport\b/, said));
    socket.send(`${['SIP/2.0 200 OK', ...kept, 'Expires: 3600', 'Content-Length: 0'].join('\r\n')}\r\n\r\n`, port, address);
  });
  return { port: socket.address().port, heard, [Symbol.dispose]: () => void socket.close() };
}

test.each<[string, number, (method: string, port: number, keepalives: number) => string]>([
  [
    'says our port where it registers us, and not behind keepalives, has not seen us move',
    1,
    (method, port) => `;received=127.0.0.1${method === 'REGISTER' ? `;rport=${port}` : ''}`,
  ],
  [
    'names two addresses where it registers us and where it hears us has not seen us move',
    1,
    (method, port) => `;received=${method === 'REGISTER' ? '10.9.9.9' : '127.0.0.1'};rport=${port}`,
  ],
  [
    'sees us under another port from the fourth keepalive on is registered with again',
    2,
    (_method, port, keepalives) => `;received=127.0.0.1;rport=${keepalives < 4 ? port : port + 1}`,
  ],
])('a platform that %s', async (_what, registrations, seen) => {
  const clock = new ManualClock();
  let keepalives = 0;
  using platform = await viaSayer((method, port) => {
    keepalives += method === 'MESSAGE' ? 1 : 0;
    return seen(method, port, keepalives);
  });
  await using _device = gbDevice(platform, clock);
  await until(clock, () => keepalives >= 5);
  expect(platform.heard.filter((method) => method === 'REGISTER')).toHaveLength(registrations);
});
