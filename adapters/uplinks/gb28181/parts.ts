/**
 * The register of what an uplink does once it is linked: each part one line. A part is made once per life of the uplink, hears the platform through
 * the desk, speaks through `link.tell`, and follows `link.registrations` where a new registration means something to it.
 */
import { aborted } from '../../../gateway/runtime/shutdown.ts';
import { openCatalogue, watchForCatalogue } from './catalogue/part.ts';
import { Controls } from './control/controls.ts';
import type { DeskParts } from './desk.ts';
import { limitedLog } from './limited-log.ts';
import type { PlatformLink } from './link.ts';
import { Live } from './live/live.ts';
import { shareDoubts } from './owned.ts';
import { answersTo } from './queries/answers.ts';
import { dropWithRegistration, Subscriptions } from './subscriptions.ts';
import { tellInTurn } from './voice.ts';

export interface GbParts extends Omit<DeskParts, 'response'> {
  /** Run until the uplink ends; one that throws ends the uplink, which begins anew. */
  readonly lives: readonly ((signal: AbortSignal) => Promise<void>)[];
  /** By NOTIFY, where the platform has subscribed to such alarms; undefined: it has not, and a MESSAGE is to go. */
  notifyAlarm: Subscriptions['alarm'];
  open(): { readonly plays: number; readonly subscriptions: number };
}

export function openParts(link: PlatformLink): GbParts {
  const { settings, uplink, context } = link;
  const { clock, log, door } = context;
  const ending = new AbortController();
  for (const { en } of shareDoubts(settings, door.inventory.current())) log.warn('shared is what there is not', { uplink, doubt: en });
  const unheard = (what: string, named: string) => log.debug('platform not obeyed', { uplink, what, named });
  const catalogue = openCatalogue(link, () => subscriptions);
  const subscriptions = new Subscriptions({
    ...{ voice: link, device: settings.codes.device, clock, log },
    first: ({ cmdType }) => (cmdType === 'Catalog' ? catalogue.first() : undefined),
    opened: (kind) => (kind === 'Catalog' ? catalogue.subscribed() : undefined),
  });
  const live = new Live(link);
  /** Each looks through 2,000 alarms: one after the other, or a flood of them would leave no time for new ones. */
  let histories: Promise<void> = Promise.resolve();
  const controls = new Controls(
    {
      ...{ uplink, settings, door, clock, log: limitedLog(log, clock), audit: log },
      basics: link,
      watched: (channel) => live.plays.filter((play) => play.channel === channel).map(({ profile }) => profile),
      restart: () => ending.abort(),
    },
    ending.signal,
  );
  return {
    lives: [
      // Ends with the uplink, or ends it: then it begins anew.
      (signal) => Promise.race([aborted(signal), aborted(ending.signal)]).finally(() => ending.abort()),
      (signal) => catalogue.run(signal),
      (signal) => watchForCatalogue(link, catalogue, signal),
      (signal) => dropWithRegistration(subscriptions, link.registrations(signal)),
      (signal) => live.run(signal),
    ],
    async query(query, asker, signal) {
      if (query.cmdType === 'Catalog') {
        if (!(await catalogue.answer(query, asker.code, signal))) unheard('query', `Catalog of ${query.deviceId}`);
        return;
      }
      const answer = async () => {
        const answers = await answersTo(query, { uplink, settings, basics: link.basics, door, clock }, signal);
        await tellInTurn(answers, { tell: (one) => link.tell(one, signal, { to: asker.code }), clock }, signal);
      };
      if (query.cmdType !== 'Alarm') return answer();
      const turn = histories.then(answer);
      histories = turn.catch(() => undefined); // whoever asked hears of it
      await turn;
    },
    async control(control, asker, signal) {
      const response = await controls.obey(control);
      if (!response) return;
      await link.soonRegistered(signal);
      await link.tell(response, signal, { to: asker.code });
    },
    notice: ({ cmdType }) => unheard('notice', cmdType),
    async broadcast({ sn, deviceId }, asker, signal) {
      unheard('order', 'Broadcast');
      // Nobody here can hear it: whoever waits to speak is told so (facts §4.14).
      await link.tell({ root: 'Response', cmdType: 'Broadcast', sn, deviceId, content: { result: 'ERROR' } }, signal, { to: asker.code });
    },
    subscribe: async (incoming, query, signal) => subscriptions.take(incoming, query, signal),
    invite: (incoming, signal) => live.invite(incoming, signal),
    notifyAlarm: (notice, signal, urgent) => subscriptions.alarm(notice, signal, urgent),
    open: () => ({ plays: live.plays.length, subscriptions: subscriptions.size }),
  };
}
