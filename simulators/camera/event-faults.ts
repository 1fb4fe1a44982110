/** The named faults of a simulated camera's event service (onvif-rtsp §2.1, §6.4). */
export const eventFaults = [
  /** GetServices does not name the service, and nobody answers at it. */
  'events-missing',
  /** The account may not hear events. */
  'events-refused',
  /** The subscription is said to be on a host that is not it. */
  'events-wrong-host',
  /** The subscription is said to be at a port where nobody is: address translation. */
  'events-wrong-port',
  /** Pulls are never answered. */
  'events-hang',
  /** Whoever pulls for more than 10 s is hung up on. */
  'events-hang-up',
  /** Pulls are answered at once, mostly with nothing. */
  'events-storm',
  /** Pull points that stand when it begins say nothing more, not even their states; new ones do. */
  'events-dead',
  /** No pull point ever says anything. */
  'events-mute',
  /** Pulls are answered with the fault that there is no such pull point. */
  'events-forgotten',
  /** There are no synchronisation points, and no states at the beginning. */
  'events-no-states',
  /** Subscriptions live for 20 s, whatever was asked for. */
  'events-short-life',
  /** One pull point at most. */
  'events-one-pull-point',
  /** Each message comes twice. */
  'events-twice',
  /** Inputs tell that they are pressed, and never that they are let go. */
  'events-no-end',
  /** Every state is told as active by whoever subscribes. */
  'events-begin-active',
  /** Answers with messages are larger than anybody takes. */
  'events-huge',
  /** Answers with messages begin with a DOCTYPE full of entities. */
  'events-bomb',
  /** What a pull brings is cut off in the middle. */
  'events-cut-off',
  /** Events carry the time 1970-01-01T00:00:00Z. */
  'events-no-time',
] as const;

export type EventFault = (typeof eventFaults)[number];
