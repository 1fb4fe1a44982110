/** Puts requests and responses together (RFC 3261 §8.1.1, §8.2.6). */
import { randomUUID } from 'node:crypto';
import { cseqOf, tagOf, toOf, viasOf } from './fields.ts';
import type { SipFlow } from './flow.ts';
import { type HeadersToWrite, headerList, headerOf, headersOf, noBody, type SipHeader, type SipRequest, type SipResponse } from './message.ts';
import { reasonOf } from './status.ts';
import { hostPort, sipUri } from './uri.ts';
import { branchCookie } from './via.ts';

/** What a caller adds to a message. */
export interface SipContent {
  /** Replace ours of the same name: Contact for one. */
  readonly headers?: HeadersToWrite;
  readonly body?: { readonly type: string; readonly content: string | Uint8Array };
  /** Of a request: called when the kernel has it, the first time, with the way that it went. */
  readonly sent?: (flow: SipFlow) => void;
}

export interface RequestParts extends SipContent {
  readonly method: string;
  readonly uri: string;
  /** From and To as they go on the wire. */
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly sequence: number;
  readonly routes?: readonly string[];
}

/** 76 bits of chance: nobody guesses a tag, a branch or a Call-ID. Node draws UUIDs in advance, which costs a tenth of asking for bytes each time. */
export const chance = (): string => randomUUID().replaceAll('-', '').slice(0, 20);

/** The topmost Via is of `flow`; `branch` is new unless it is given. */
export function composeRequest(parts: RequestParts, flow: SipFlow, userAgent: string, branch = `${branchCookie}${chance()}`): SipRequest {
  const { method, uri, from, to, callId, sequence, routes = [] } = parts;
  const own = {
    Via: `SIP/2.0/${flow.transport} ${hostPort(flow.local.address, flow.local.port)};rport;branch=${branch}`,
    From: from,
    To: to,
    'Call-ID': callId,
    CSeq: `${sequence} ${method}`,
    Route: routes,
    'Max-Forwards': 70,
    'User-Agent': userAgent,
  };
  return { kind: 'request', method, uri, ...withContent(own, parts) };
}

/** Where the far side reaches us. */
export function contactOf(user: string, flow: SipFlow): string {
  return `<${sipUri(user, flow.local.address, flow.local.port)}${flow.transport === 'TCP' ? ';transport=tcp' : ''}>`;
}

/** Via, From, To, Call-ID and CSeq are the request's; `tag` is added where To has none, but for 100 (§8.2.6.2). */
export function composeResponse(
  request: SipRequest,
  answer: { readonly status: number; readonly reason?: string; readonly tag: string } & SipContent,
): SipResponse {
  const { status, tag } = answer;
  const to = headerOf(request, 'To') ?? '';
  const own = {
    Via: viasOf(request),
    From: headerOf(request, 'From'),
    To: status === 100 || tagOf(toOf(request)) !== '' ? to : `${to};tag=${tag}`,
    'Call-ID': headerOf(request, 'Call-ID'),
    CSeq: headerOf(request, 'CSeq'),
  };
  return { kind: 'response', status, reason: answer.reason ?? reasonOf(status), ...withContent(own, answer) };
}

/** ACK for a refusal (§17.1.1.3) and CANCEL (§9.1): what is the same as in the INVITE, and no more. */
export function composeFollower(invite: SipRequest, method: 'ACK' | 'CANCEL', to = headerOf(invite, 'To') ?? ''): SipRequest {
  const headers = headerList({
    Via: headersOf(invite, 'Via')[0],
    From: headerOf(invite, 'From'),
    To: to,
    'Call-ID': headerOf(invite, 'Call-ID'),
    CSeq: `${cseqOf(invite)?.number} ${method}`,
    Route: headersOf(invite, 'Route'),
    'Max-Forwards': 70,
  });
  return { kind: 'request', method, uri: invite.uri, headers, body: noBody };
}

function withContent(own: HeadersToWrite, { headers = {}, body }: SipContent): { readonly headers: readonly SipHeader[]; readonly body: Uint8Array } {
  const added = headerList({ ...headers, ...(body ? { 'Content-Type': body.type } : {}) });
  const replaced = new Set(added.map(({ name }) => name));
  const content = typeof body?.content === 'string' ? Buffer.from(body.content) : body?.content;
  return { headers: [...headerList(own).filter(({ name }) => !replaced.has(name)), ...added], body: content ?? noBody };
}
