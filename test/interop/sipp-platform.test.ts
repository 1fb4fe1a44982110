/** sipp as the police platform of the whole uplink: it registers us by its own Digest, asks for the catalogue, and plays a camera whose packets are counted. */
import { describe, expect, test } from 'vitest';
import { millis } from '../../gateway/domain/time.ts';
import { until } from '../contract/media-plane.ts';
import { eventually } from '../support/eventually.ts';
import { codes, liveBox } from '../support/gb-live.ts';
import { openRtpReceiver } from '../support/rtp-receiver.ts';
import { freePort, openSippServer, runSipp, scenario, sipp, sippPatience, sippTransport } from '../support/sipp.ts';

const ssrc = 200_000_077;
const enough = 20;
const patience = millis(sippPatience);

describe.skipIf(!sipp).each(['UDP', 'TCP'] as const)('sipp as the platform, over %s', (transport) => {
  test('challenges us and finds our signature right, hears keepalives and the catalogue, and plays until it hangs up', {
    timeout: 2 * sippPatience,
  }, async () => {
    const [{ port }, own] = [await freePort(), await freePort()];
    await using platform = await openSippServer([...scenario('platform'), ...sippTransport[transport], '-p', String(port)]);
    const local = { address: '127.0.0.1', port: own.port };
    {
      await using box = await liveBox({ port }, { settings: { transport: transport.toLowerCase(), local } });
      await eventually(() => expect(box.box.uplink.link()?.state).toBe('up'), patience);
      await eventually(() => expect(platform.log()).toContain('Notify Keepalive'), patience);
      expect(platform.log()[0]).toMatch(/^REGISTER ?86400 (true|1)/);

      const asked = (name: string) => [`127.0.0.1:${own.port}`, ...scenario(name), ...sippTransport[transport]];
      await runSipp(asked('catalogue'), 1);
      // Over UDP an item in each message, over TCP eight.
      const answers = transport === 'UDP' ? codes.length : codes.length / 8;
      await eventually(() => expect(platform.log().filter((line) => line === 'Response Catalog')).toHaveLength(answers), patience);

      for (const way of ['udp', 'tcp-active'] as const) {
        await using receiver = await openRtpReceiver(way, ssrc);
        const at = receiver.way.transport === 'tcp-passive' ? 0 : receiver.way.remote.port;
        const playing = runSipp([...asked(way === 'udp' ? 'play-udp' : 'play-tcp'), '-key', 'receiver', String(at), '-d', '1500'], 1);
        await Promise.race([playing, until(() => receiver.frames.length >= enough, sippPatience)]);
        await playing;
        expect(receiver.frames.length).toBeGreaterThanOrEqual(enough);
        expect(receiver.complaints).toEqual([]);
        await until(async () => (await box.receivers()) === 0, sippPatience);
        const { packets } = receiver;
        expect(packets).toBeGreaterThanOrEqual(enough);
      }
    }
    await eventually(() => expect(platform.log().at(-1)).toMatch(/^REGISTER ?0 /), patience);
  });
});
