/**
 * Takes one frame and says what to answer (alarm-panels §3.3): ACK only after the commit, NAK where an encrypted message's time is not believed, DUH for
 * whom we do not know, nothing where the frame is damaged or could not be kept: then the panel says it again.
 */
import type { PanelDoor } from '../../../gateway/domain/panel-ports.ts';
import type { Clock, Logger } from '../../../gateway/domain/ports.ts';
import { Allowance } from '../../../gateway/runtime/allowance.ts';
import { acknowledgement, refusal, timeRefusal } from '../../protocols/dc09/answer.ts';
import { contentOf, type Dc09Frame, readFrame, writeFrame } from '../../protocols/dc09/frame.ts';
import { oldHeartbeatAnswer, readOldHeartbeat } from '../../protocols/dc09/framer.ts';
import type { Dc09Content, Dc09Message } from '../../protocols/dc09/message.ts';
import { believable } from '../../protocols/dc09/timestamp.ts';
import { ProtocolError } from '../../protocols/protocol-error.ts';
import { accountsOf, type Dc09Account } from './accounts.ts';
import { Repeats } from './repeats.ts';

/** `bytes`: to send back. `known`: a panel of ours sent it. */
export interface Dc09Answer {
  readonly bytes?: Uint8Array;
  readonly known: boolean;
}

export interface Dc09Desk {
  take(line: Uint8Array, from: string): Promise<Dc09Answer>;
}

const answers: ReadonlySet<string> = new Set(['ACK', 'NAK', 'DUH', 'RSP']);
const silence: Dc09Answer = { known: false };

export function dc09Desk(door: PanelDoor, { clock, log }: { readonly clock: Clock; readonly log: Logger }): Dc09Desk {
  const accountOf = accountsOf(door, log);
  const repeats = new Repeats(clock);
  // Whoever sends garbage must not fill the log.
  const said = new Allowance(clock, 1, 20);
  const complain = (message: string, fields: Readonly<Record<string, unknown>>) => {
    if (said.take()) log.warn(message, fields);
  };

  const receive = ({ panel, prefix }: Dc09Account, frame: Uint8Array): Promise<void> =>
    door.receive(panel.id, {
      topic: `${prefix}message`,
      payload: frame,
      qos: 1,
      retained: false,
      duplicate: false,
      receivedAt: clock.now(),
    });

  const heartbeat = async (name: string, from: string): Promise<Dc09Answer> => {
    const account = accountOf(name);
    // It proves nothing of whoever sent it: a panel with a key has better signs of life.
    if (!account || account.key) {
      complain('panel heartbeat from nobody', { account: name, from });
      return silence;
    }
    await receive(account, inTheClear({ token: 'NULL', encrypted: false, sequence: 0, line: '0', account: name, data: '', extended: [] }));
    return { bytes: oldHeartbeatAnswer, known: true };
  };

  const refused = (frame: Dc09Frame, why: string, from: string): Dc09Answer => {
    complain('panel refused', { what: why, account: frame.account, token: frame.token, from });
    return { bytes: refusal(frame), known: false };
  };

  const answerTo = async (line: Uint8Array, frame: Dc09Frame, from: string): Promise<Dc09Answer> => {
    // Two receivers that answered each other's answers would never stop.
    if (answers.has(frame.token)) return silence;
    const name = frame.account ?? /^#([0-9A-Za-z]{1,16})\|/.exec(frame.rest)?.[1];
    const account = name === undefined ? undefined : accountOf(name);
    if (!account) return refused(frame, 'speak for an account that nobody has', from);
    if (account.key && !frame.encrypted) return refused(frame, 'speak in the clear, as it has a key', from);
    const content = readableContent(frame, account);
    if (content === undefined) return refused(frame, 'encrypt with another key than ours', from);
    const now = clock.now();
    if (frame.encrypted && !(content.timestamp !== undefined && believable(content.timestamp, now))) {
      complain('panel clock refused', { panel: account.panel.id, offset: (content.timestamp ?? 0) - now });
      return { bytes: timeRefusal(now), known: true };
    }
    const { crc: _crc, rest: _rest, ...header } = frame;
    const message: Dc09Message = { ...header, ...content };
    // The evidence: as it came, or what was in it.
    const commit = () => receive(account, frame.encrypted ? inTheClear(message) : line);
    if (frame.token === 'NULL') await commit();
    else await repeats.once(account.panel.id, message, commit);
    return { bytes: acknowledgement(frame, clock.now(), account.key), known: true };
  };

  return {
    async take(line, from) {
      try {
        const old = readOldHeartbeat(line);
        return old ? await heartbeat(old.account, from) : await answerTo(line, readFrame(line), from);
      } catch (error) {
        if (error instanceof ProtocolError) complain('panel frame unreadable', { from, reason: error.message });
        else log.error('panel message not taken', { from, error });
        return silence;
      }
    },
  };
}

/** A frame without its LF and CR. */
function inTheClear(message: Dc09Message): Uint8Array {
  return writeFrame({ ...message, encrypted: false }).subarray(1, -1);
}

/** Undefined: encrypted, and not with our key. What is in the clear and has no end is all the same what the panel said: the dialect sees to it. */
function readableContent(frame: Dc09Frame, { key }: Dc09Account): Dc09Content | undefined {
  try {
    return contentOf(frame, key);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    return frame.encrypted ? undefined : { data: frame.rest.replaceAll(']', ' '), extended: [] };
  }
}
