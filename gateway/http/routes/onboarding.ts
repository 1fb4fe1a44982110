/** A look at a camera before it is entered: who it is, what it offers, and over TLS which certificate a person has to confirm. */
import type { Camera } from '../../domain/campus.ts';
import { cameraId } from '../../domain/ids.ts';
import type { CameraIntroduction } from '../../domain/ports.ts';
import { Secret } from '../../domain/secret.ts';
import { type Route, route } from '../route.ts';
import { cameraTarget } from '../schemas/camera-target.ts';
import { fingerprint, length, maybe, z } from '../schemas/pieces.ts';
import type { RouteParts } from './parts.ts';

const candidate = z
  .strictObject({
    ...cameraTarget,
    username: z.string().min(1).max(256).optional(),
    password: z.string().max(1_024).optional(),
    /** The certificate that a person has confirmed; without it an https:// camera is only asked for its certificate. */
    fingerprint256: fingerprint.optional(),
  })
  .openapi('CameraCandidate');

const profile = z.object({
  token: z.string(),
  name: z.string(),
  codec: z.string(),
  width: z.number(),
  height: z.number(),
  use: z.enum(['main', 'sub', 'other']),
});
const introduction: z.ZodType<CameraIntroduction> = z
  .object({
    certificate: maybe(z.object({ fingerprint256: z.string(), subject: z.string(), validTo: z.string() })),
    camera: maybe(
      z.object({
        model: z.string(),
        firmware: z.string(),
        serial: z.string(),
        clockOffset: maybe(length),
        profiles: z.array(profile),
        streams: z.object({ main: z.string(), sub: z.string() }),
        snapshot: maybe(z.string()),
      }),
    ),
  })
  .openapi('CameraIntroduction');

export function onboardingRoutes({ fleet }: RouteParts): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/api/v1/onboarding',
      summary: 'Visit a camera that is not entered yet; an https:// one first tells the certificate to confirm',
      body: candidate,
      reply: introduction,
      handle: ({ body, signal }) => fleet.introduce(candidateOf(body), signal),
    }),
  ];
}

function candidateOf({ username, password, fingerprint256, ...target }: z.output<typeof candidate>): Camera {
  return {
    ...{ id: cameraId('candidate'), name: '', enabled: true, maintenance: false, ...target },
    ...(username === undefined ? {} : { credentials: { username, password: new Secret(password ?? '') } }),
    ...(fingerprint256 === undefined ? {} : { fingerprint256 }),
  };
}
