/** What a camera has taught us; kept by the caller, for as long as the process lives. */
export interface CameraHabits {
  /** The transport that works where TCP does not. */
  transport?: 'udp' | undefined;
  /** Wants a request at least this often, ms. */
  keepaliveEvery?: number;
  /** Does not take GET_PARAMETER, whatever it lists. */
  keepaliveBy?: 'OPTIONS';
  /** After how long without a request it hung up the last time, ms: twice the same is no accident. */
  hungUpAfter?: number | undefined;
  /** How it broke off when it was asked for its sound, which is not done again. */
  audioRefused?: string;
}
