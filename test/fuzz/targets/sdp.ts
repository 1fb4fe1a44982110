/** Session descriptions, the tracks that are found in them, and the tools that those tracks ask for. */
import { readdirSync } from 'node:fs';
import { audioTools, videoTools } from '../../../adapters/protocols/codecs.ts';
import { parseSdp, writeSdp } from '../../../adapters/protocols/sdp/sdp.ts';
import { findTracks } from '../../../adapters/protocols/sdp/tracks.ts';
import { fixture } from '../shared/seeds.ts';
import { type FuzzTarget, must } from '../target.ts';

const folders = ['media/', 'media/sdp/'];

export const sdpTarget: FuzzTarget = {
  name: 'sdp',
  seeds: () =>
    folders.flatMap((folder) =>
      readdirSync(new URL(`../../fixtures/${folder}`, import.meta.url))
        .filter((name) => name.endsWith('.sdp'))
        .map((name) => fixture(folder + name)),
    ),
  longest: 64 * 1024,
  run(input) {
    const sdp = parseSdp(input);
    must(
      sdp.media.every(({ port }) => port <= 65_535),
      'a port has 16 bits',
    );
    const { video, audio } = findTracks(sdp);
    if (video && video.parameterSets.length > 0) {
      must(videoTools(video.codec).parameterSets(video.parameterSets) !== undefined, 'parameter sets are whole or none', () => video);
    }
    // What `findTracks` lets pass can be played: this throws nothing.
    if (audio) must(audioTools(audio).fmp4().init.length > 0, 'audio has an init segment');
    const written = parseSdp(writeSdp(sdp));
    must(written.media.length === sdp.media.length, 'a description that is written again has as many media', () => [sdp, written]);
  },
};
