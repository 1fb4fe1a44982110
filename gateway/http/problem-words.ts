/** One general sentence per code that a caller may see. The particular sentence stands in `detail`. */
import type { ErrorCode } from '../domain/errors.ts';
import type { Words } from '../domain/words.ts';

const general: Words = { zh: '网关内部出错，请提供请求编号。', en: 'Something inside the gateway failed. Quote the request id.' };

const words: Partial<Record<ErrorCode, Words>> = {
  ID_INVALID: { zh: '编号格式不正确。', en: 'The id is not well formed.' },
  REQUEST_INVALID: { zh: '请求内容不正确。', en: 'The request is not valid.' },
  INVENTORY_INVALID: { zh: '配置内容有误。', en: 'The inventory would not be valid.' },
  UNAUTHENTICATED: { zh: '请先登录。', en: 'Sign in first.' },
  FORBIDDEN: { zh: '没有权限。', en: 'This is not allowed.' },
  NOT_FOUND: { zh: '找不到。', en: 'There is no such thing.' },
  CONFLICT: { zh: '与现有内容冲突。', en: 'It conflicts with what is there.' },
  ALARM_STEP: { zh: '该报警当前状态下不能这样操作。', en: 'The alarm does not stand where this can be done.' },
  SECOND_PERSON: { zh: '须由另一人操作。', en: 'This takes a second person.' },
  CLAIM_CLOSED: { zh: '初始认领已关闭。', en: 'The claim of the first administrator is closed.' },
  TOO_MANY_REQUESTS: { zh: '操作过于频繁，请稍后再试。', en: 'Too many requests: wait a little.' },
  COMMAND_UNSUPPORTED: { zh: '设备不支持该操作。', en: 'The device does not support this.' },
  CAMERA_UNREACHABLE: { zh: '摄像机无法连接。', en: 'The camera does not answer.' },
  CAMERA_CREDENTIALS: { zh: '摄像机账号或密码错误。', en: 'The camera refuses its credentials.' },
  CAMERA_CERTIFICATE: { zh: '摄像机的证书未经确认或已更换。', en: 'The certificate of the camera is not the confirmed one.' },
  CAMERA_REPLY: { zh: '摄像机应答异常。', en: 'The camera answered nonsense.' },
  CAMERA_FORBIDDEN_HOST: { zh: '摄像机指向了不允许的地址。', en: 'The camera points to a forbidden host.' },
  RTSP_REPLY: { zh: '视频流应答异常。', en: 'The stream answered nonsense.' },
  JOURNAL_UNAVAILABLE: { zh: '日志存储不可用。', en: 'The journal is not available.' },
  MEDIA_UNAVAILABLE: { zh: '视频暂不可用。', en: 'The picture is not available now.' },
  MEDIA_UNSUPPORTED: { zh: '不支持该视频格式。', en: 'This picture format is not supported.' },
  TRANSCODER_MISSING: { zh: '本网关没有可用的 ffmpeg，无法转换画面。', en: 'This gateway has no ffmpeg that could convert the picture.' },
  TRANSCODER_BUSY: { zh: '转码名额已用完，一有空位即自动显示。', en: 'All places for converting pictures are taken; it is shown once one is free.' },
  TRANSCODER_OFF: { zh: '本网关未启用画面转码。', en: 'Converting pictures is switched off on this gateway.' },
  UPLINK_BUDGET: {
    zh: '通往公安侧的链路已满：改用子码流，报警画面优先。',
    en: 'The link to the police side is full: shown from the sub-stream, alarms go first.',
  },
  MEDIA_TOO_SLOW: { zh: '网络太慢，跟不上该画面。', en: 'The network is too slow for this picture.' },
};

/** Whoever has that much to say has it in a file. */
export const tooLarge: Words = {
  zh: '请求内容超过 64 KiB。更大的上级平台设置或编码表，请在本机用命令行导入：campus-gateway codes import（编码表）或 campus-gateway inventory import（全部设置）。',
  en: 'The body is larger than 64 KiB. Larger settings of an uplink and tables of codes are imported on the box: `campus-gateway codes import` for codes, `campus-gateway inventory import` for everything.',
};

export function wordsOf(code: ErrorCode): Words {
  return words[code] ?? general;
}
