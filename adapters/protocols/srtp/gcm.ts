/** Protects RTP with AEAD_AES_128_GCM (RFC 7714), sending side only. Keys come from a DTLS handshake (RFC 5764). */
import { createCipheriv } from 'node:crypto';

/** The SRTP protection profile of RFC 7714 §14.2. */
export const aeadAes128Gcm = 0x0007;
export const masterKeyLength = 16;
export const masterSaltLength = 12;
const tagLength = 16;
const rtpHeader = 12;

const labels = { encryption: 0, salt: 2 } as const;

/** AES-CM key derivation (RFC 3711 §4.3, RFC 7714 §11): the 96-bit salt stands left in the 112 bits. */
function derive(masterKey: Uint8Array, masterSalt: Uint8Array, label: number, length: number): Buffer {
  const iv = Buffer.alloc(16);
  iv.set(masterSalt.subarray(0, masterSaltLength));
  iv[7] = iv[7]! ^ label;
  const cipher = createCipheriv('aes-128-ctr', masterKey, iv);
  return cipher.update(Buffer.alloc(length));
}

/** One sender's packets under one master key; sequence numbers of each SSRC must not go back by more than they jump. */
export class SrtpSender {
  readonly #key: Buffer;
  readonly #salt: Buffer;
  readonly #iv = Buffer.alloc(masterSaltLength);
  /** Rollover counter and newest sequence number by SSRC (RFC 3711 §3.3.1). */
  readonly #rollovers = new Map<number, { count: number; newest: number }>();

  constructor(masterKey: Uint8Array, masterSalt: Uint8Array) {
    this.#key = derive(masterKey, masterSalt, labels.encryption, masterKeyLength);
    this.#salt = derive(masterKey, masterSalt, labels.salt, masterSaltLength);
  }

  /** For test vectors, which give the session keys themselves. */
  static ofSession(key: Uint8Array, salt: Uint8Array): SrtpSender {
    const sender = new SrtpSender(Buffer.alloc(masterKeyLength), Buffer.alloc(masterSaltLength));
    sender.#key.set(key);
    sender.#salt.set(salt);
    return sender;
  }

  /** Bytes of the protected packet for a payload of `length` bytes. */
  static sizeOf(length: number): number {
    return rtpHeader + length + tagLength;
  }

  /** `header`: 12 bytes, no extension, no CSRC. Returns header, ciphertext and tag. */
  protect(header: Buffer, payload: Uint8Array): Buffer {
    const ssrc = header.readUInt32BE(8);
    const iv = this.#iv;
    iv.fill(0, 0, 2);
    iv.writeUInt32BE(ssrc, 2);
    iv.writeUInt32BE(this.#rollover(ssrc, header.readUInt16BE(2)), 6);
    header.copy(iv, 10, 2, 4);
    for (let at = 0; at < masterSaltLength; at += 1) iv[at] = iv[at]! ^ this.#salt[at]!;
    const cipher = createCipheriv('aes-128-gcm', this.#key, iv);
    cipher.setAAD(header);
    const out = Buffer.allocUnsafe(SrtpSender.sizeOf(payload.length));
    header.copy(out);
    cipher.update(payload).copy(out, rtpHeader);
    cipher.final();
    cipher.getAuthTag().copy(out, rtpHeader + payload.length);
    return out;
  }

  #rollover(ssrc: number, sequence: number): number {
    let state = this.#rollovers.get(ssrc);
    if (!state) {
      state = { count: 0, newest: sequence };
      this.#rollovers.set(ssrc, state);
    }
    if (sequence < state.newest && state.newest - sequence > 0x8000) state.count += 1;
    state.newest = sequence;
    return state.count;
  }
}
