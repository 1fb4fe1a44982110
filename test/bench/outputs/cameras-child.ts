/** The cameras in a process of their own: whatever the bench does besides, they keep their pace. Told as JSON; says where each one is. */
import { systemClock } from '../../../gateway/runtime/clock.ts';
import { silentLogger } from '../../../gateway/runtime/logger.ts';
import { cameraRunner } from '../../../simulators/index.ts';
import { account, cameras, picture } from './played-cameras.ts';

const play = cameraRunner();
const running = await Promise.all(
  cameras.map(({ id, codec, sound }, index) => {
    const sub = { ...picture, width: 320, height: 180, codec: 'h264', sound } as const;
    const description = { id, name: { zh: id, en: id }, channel: index + 1, port: 0, main: { ...picture, codec, sound }, sub };
    return play(description, account, { clock: systemClock, log: silentLogger });
  }),
);
console.log(JSON.stringify(running.map(({ address }) => address)));
process.stdin.on('end', () => process.exit());
process.stdin.resume();
