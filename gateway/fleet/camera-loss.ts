/** What an error of a camera's session means for the camera, in words for the teacher who looks after the box. */
import { z } from 'zod';
import type { Camera } from '../domain/campus.ts';
import { type ErrorCode, type GatewayError, isGatewayError } from '../domain/errors.ts';
import type { ShownCertificate } from '../domain/fingerprint.ts';
import type { Words } from '../domain/words.ts';
import type { Loss } from './camera-status.ts';

export const refusedCredentials: Loss = {
  connection: 'refused-credentials',
  code: 'CAMERA_CREDENTIALS',
  sentence: {
    zh: '摄像机拒绝了用户名或密码，已暂停重试以免锁定。',
    en: 'The camera refused the user name or password. Retries are paused so that it does not lock.',
  },
};

const unreachable: Loss = {
  connection: 'unreachable',
  code: 'CAMERA_UNREACHABLE',
  sentence: { zh: '摄像机没有应答。', en: 'The camera does not answer.' },
};

const zhByCode: Partial<Readonly<Record<ErrorCode, string>>> = {
  CAMERA_REPLY: '摄像机的应答无法理解。',
  RTSP_REPLY: '摄像机的 RTSP 应答无法理解。',
  CAMERA_FORBIDDEN_HOST: '摄像机把网关引向另一台主机，已拒绝。',
  MEDIA_UNSUPPORTED: '摄像机没有可传输的视频。',
  INVENTORY_INVALID: '摄像机的设置不正确。',
  SECRET_UNREADABLE: '摄像机的密码无法读取，请重新输入。',
};

/** An abort that reaches this is our own deadline. */
export function lossOf(error: unknown, camera: Camera): Loss {
  if (error instanceof Error && error.name === 'TimeoutError') return unreachable;
  if (!isGatewayError(error)) {
    return { connection: 'failed', code: 'INTERNAL', sentence: { zh: '摄像机连接失败。', en: 'The camera could not be connected.' } };
  }
  const { code, message } = error;
  switch (code) {
    case 'CAMERA_UNREACHABLE':
      return unreachable;
    case 'CAMERA_CREDENTIALS':
      return refusedCredentials;
    case 'CAMERA_CERTIFICATE':
      return { connection: 'untrusted', code, sentence: distrust(shownCertificate(error), camera) };
    default:
      return { connection: 'failed', code, sentence: { zh: zhByCode[code] ?? '摄像机连接失败。', en: message } };
  }
}

const certificate: z.ZodType<ShownCertificate> = z.object({ fingerprint256: z.string(), subject: z.string(), validTo: z.string() });

/** The certificate that a CAMERA_CERTIFICATE is about; undefined where the camera showed none. */
export function shownCertificate({ context }: GatewayError): ShownCertificate | undefined {
  return certificate.safeParse(context.certificate).data;
}

function distrust(shown: ShownCertificate | undefined, { fingerprint256 }: Camera): Words {
  const seen = shown?.fingerprint256 ?? '—';
  return fingerprint256 === undefined
    ? {
        zh: `摄像机的证书还没有人确认过，未向其发送密码。请核对后登记指纹（SHA-256）：${seen}`,
        en: `Nobody has confirmed this camera's certificate yet, so no password was sent. Compare it and enter its fingerprint (SHA-256): ${seen}`,
      }
    : {
        zh: `摄像机的证书变了，未向其发送密码。若摄像机换过或升级过，请核对后登记新指纹（SHA-256）：${seen}；否则可能有人冒充摄像机。`,
        en: `The camera's certificate has changed, so no password was sent. If it was replaced or updated, compare and enter the new fingerprint (SHA-256): ${seen}. If not, somebody may pose as the camera.`,
      };
}
