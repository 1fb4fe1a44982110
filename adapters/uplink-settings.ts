/** Keys that the settings of uplinks share, and what they come to. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { GatewayError } from '../gateway/domain/errors.ts';
import { eventKinds, toldKinds } from '../gateway/domain/event.ts';
import type { UplinkId } from '../gateway/domain/ids.ts';
import type { TlsTrust } from './protocols/net/dial.ts';

/** An address of one of these protocols (with their colon), without user name and password. */
export function addressKey(protocols: readonly string[], example: string) {
  return z
    .string()
    .max(2_048)
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), `an address such as ${example}`)
    .refine((text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === '', 'an address without user name and password');
}

export const deliveryKeys = {
  /** Longest wait for the answer, seconds. */
  timeout: z.number().min(0.1).max(120).default(10),
  /** Deliveries in flight at once. */
  window: z.int().min(1).max(256).default(16),
  /** Kinds of events that this uplink is owed; usual: all but the inner ones of evidence and `test.sent`, the hourly test alarm. */
  accepts: z
    .array(z.enum(eventKinds))
    .min(1)
    .default([...toldKinds]),
};

export const trustKeys = {
  /** PEM file of the authority to trust instead of the system's. */
  ca: z.string().min(1).max(1_024).optional(),
  /** SHA-256 of the one certificate to expect; without `ca` this is the whole proof of identity. */
  fingerprint256: z
    .string()
    .regex(/^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i, 'a SHA-256 fingerprint: 64 hex digits, colons allowed')
    .optional(),
};

interface TrustSettings {
  readonly ca?: string | undefined;
  readonly fingerprint256?: string | undefined;
}

/** Throws INVENTORY_INVALID where the authority cannot be read. */
export async function trustOf(uplink: UplinkId, { ca, fingerprint256 }: TrustSettings): Promise<TlsTrust> {
  if (ca === undefined) return { fingerprint256 };
  try {
    return { ca: await readFile(ca, 'utf8'), fingerprint256 };
  } catch (cause) {
    throw new GatewayError('INVENTORY_INVALID', `The certificate authority of uplink ${uplink} cannot be read at ${ca}.`, {
      cause,
      context: { uplink, path: 'settings.ca' },
    });
  }
}
