/** The police's end of a link, in a network namespace of its own: does what its parent asks over IPC, one thing after the other. */
import { seconds } from '../../gateway/domain/time.ts';
import { systemClock as clock } from '../../gateway/runtime/clock.ts';
import { localPlatform } from '../support/gb-platform.ts';
import { device } from '../support/gb-registrar.ts';
import { narrow } from './ip.ts';
import { type PoliceAnswers, type PoliceQuestion, policeAddress, policeDevice } from './platform-link.ts';

const never = new AbortController().signal;
const wanted = 25;
const patience = seconds(30);
let platform: Awaited<ReturnType<typeof localPlatform>> | undefined;

const doing: { readonly [What in keyof PoliceAnswers]: (question: PoliceQuestion) => Promise<PoliceAnswers[What]> } = {
  async listen() {
    narrow(policeDevice, policeAddress);
    platform = await localPlatform({ listen: { address: policeAddress, port: 0 }, welcome: { queries: false, subscriptions: [] } });
    return { port: platform.address.port };
  },
  look: async () => ({ heard: platform?.devices().find(({ online }) => online)?.heardAt ?? 0 }),
  async show({ channel, transport }) {
    const play = await open().play(device, { channel, transport }, never);
    const limit = clock.monotonic() + patience;
    while (!play.ended.aborted && play.counters().frames < wanted && clock.monotonic() < limit) await clock.sleep(seconds(0.05));
    const { frames, lost } = play.counters();
    const broken = play.violations().length;
    await play.bye(never);
    return { shown: play.status === 200 && frames >= wanted, broken, lost };
  },
  catalogue: async () => ({ items: (await open().askCatalogue(device, never)).items.length }),
};

function open() {
  if (!platform) throw new Error('The platform does not listen yet.');
  return platform;
}

const answerTo = async (question: PoliceQuestion): Promise<PoliceAnswers[keyof PoliceAnswers]> => doing[question.what](question);

process.on('message', (question: PoliceQuestion) => {
  answerTo(question).then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ problem: String(error) }),
  );
});
process.on('disconnect', () => process.exit());
process.send?.({ answer: 'here' });
