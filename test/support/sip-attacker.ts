/** Sends bytes to a SIP port from an address of its choice, and tells what was answered to them alone. */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { headerOf, type SipMessage } from '../../adapters/protocols/sip/message.ts';
import { readDatagram } from '../../adapters/protocols/sip/read.ts';
import { millis } from '../../gateway/domain/time.ts';
import { systemClock } from '../../gateway/runtime/clock.ts';

interface Attack {
  readonly bytes: Buffer;
  readonly from: string;
  readonly to: { readonly address: string; readonly port: number };
  /** TCP: byte by byte, and never to the end. */
  readonly drips?: boolean;
}

export interface Aftermath {
  /** Final answers, in order. */
  readonly statuses: readonly number[];
  /** Whatever came, answers to the question behind it too. */
  readonly heard: number;
}

/** How long the question behind it may wait for its answer. */
const patience = 60_000;
let questions = 0;

/** A question that any endpoint answers: when its answer is there, what was asked before has been answered as well. */
function question(transport: 'UDP' | 'TCP', from: string) {
  questions += 1;
  const id = `question${questions}`;
  const lines = [
    'OPTIONS sip:34020000001180000001@3402000000 SIP/2.0',
    `Via: SIP/2.0/${transport} ${from}:9;rport;branch=z9hG4bK${id}`,
    'From: <sip:34020000002000000001@3402000000>;tag=q',
    'To: <sip:34020000001180000001@3402000000>',
    `Call-ID: ${id}`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
  ];
  return { id, bytes: Buffer.from([...lines, '', ''].join('\r\n')) };
}

function ears(id: string) {
  const statuses: number[] = [];
  let heard = 0;
  let answered: () => void = () => undefined;
  const answer = new Promise<void>((resolve) => {
    answered = resolve;
  });
  const hear = (message: SipMessage) => {
    heard += 1;
    if (headerOf(message, 'Call-ID') === id) answered();
    else if (message.kind === 'response' && message.status >= 200) statuses.push(message.status);
  };
  return { hear, answer, aftermath: (): Aftermath => ({ statuses: [...statuses], heard }) };
}

/** From a port of its own; waits at most `within` ms for the answer to the question behind it. */
export async function attackUdp({ bytes, from, to }: Attack, within = patience): Promise<Aftermath> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, from, resolve));
  const behind = question('UDP', from);
  const { hear, answer, aftermath } = ears(behind.id);
  socket.on('message', (datagram) => hear(readDatagram(datagram).message));
  for (const each of [bytes, behind.bytes])
    await new Promise<void>((resolve, reject) => socket.send(each, to.port, to.address, (error) => (error ? reject(error) : resolve())));
  await Promise.race([answer, systemClock.sleep(millis(within))]);
  await new Promise<void>((resolve) => socket.close(resolve));
  return aftermath();
}

/** On a connection of its own, until the question behind it is answered or the far side hangs up. */
export async function attackTcp({ bytes, from, to, drips = false }: Attack, within = patience): Promise<Aftermath> {
  const socket = connect({ host: to.address, port: to.port, localAddress: from, noDelay: true });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined); // `close` follows.
  const behind = question('TCP', from);
  const { hear, answer, aftermath } = ears(behind.id);
  let pending = '';
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1');
    // Answers of ours have no body here.
    for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
      const text = pending.slice(0, end + 4);
      pending = pending.slice(end + 4);
      if (text.trim() !== '') hear(readDatagram(Buffer.from(text, 'latin1')).message);
    }
  });
  if (drips) {
    for (const byte of bytes) {
      if (socket.destroyed) break;
      socket.write(Uint8Array.of(byte));
      await Promise.race([closed, systemClock.sleep(millis(40))]);
    }
  } else {
    socket.write(bytes);
    socket.write(behind.bytes);
  }
  await Promise.race([answer, closed, systemClock.sleep(millis(within))]);
  socket.destroy();
  await closed;
  return aftermath();
}
