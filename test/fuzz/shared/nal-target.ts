/** NAL units on their way from the wire (`wire.ts`) into a file: RTP payloads to units to parameter sets to fragmented MP4, for either codec. */
import { ProtocolError } from '../../../adapters/protocols/protocol-error.ts';
import type { VideoTools } from '../../../gateway/media/ports.ts';
import { join, split } from '../pieces.ts';
import { type FuzzTarget, must } from '../target.ts';
import { boxTypes } from './boxes.ts';
import { inputOf, wireOf } from './wire.ts';

const mostPayload = 40;
const mostSentAgain = 2_048;
/** More packets would cost more here than in what is tried. */
const mostPackets = 500;

interface NalCodec {
  readonly name: string;
  readonly tools: VideoTools;
  readonly packetise: (nals: readonly Uint8Array[], most?: number) => Uint8Array[];
  /** Can this be sent as a unit of its own and come back as it is? */
  readonly plain: (unit: Uint8Array) => boolean;
  readonly seeds: () => readonly Uint8Array[];
}

export function nalTarget({ name, tools, packetise, plain, seeds }: NalCodec): FuzzTarget {
  return {
    name,
    pieces: true,
    longest: 128 * 1024,
    allows: () => false,
    seeds,
    run(input) {
      const pieces = split(input).slice(0, mostPackets);
      const wire = wireOf(pieces);
      for (const run of wire) tools.opensPictureGroup(run, 4, 4 + run.readUInt16BE(2));
      const units = tools.units(wire);
      const bytes = units.reduce((sum, unit) => sum + unit.length, 0);
      must(bytes <= input.length && units.every((unit) => unit.length > 0), 'units hold no more than came, and no unit is empty', () => units);
      tools.hasPicture(units);
      mux(tools, units);
      if (input.length <= mostSentAgain) roundTrip(pieces.filter(plain));
    },
  };

  /** What we packetise, we can put together again. */
  function roundTrip(sent: readonly Uint8Array[]): void {
    const payloads = packetise(sent, mostPayload);
    must(
      payloads.every((payload) => payload.length <= mostPayload),
      'a payload keeps to its size',
    );
    const units = tools.units(wireOf(split(inputOf(payloads))));
    must(Buffer.compare(join(units), join(sent)) === 0, 'packets carry the same units', () => [sent, units]);
  }
}

function mux(tools: VideoTools, units: readonly Uint8Array[]): void {
  const sets = tools.parameterSets(units);
  if (!sets) return;
  let muxer: ReturnType<VideoTools['fmp4']>;
  try {
    const { width, height } = tools.facts(sets);
    must(width >= 1 && width <= 16_384 && height >= 1 && height <= 16_384, 'a side has 1 to 16384 pixels', () => [width, height]);
    muxer = tools.fmp4(sets, 90_000);
  } catch (error) {
    if (error instanceof ProtocolError) return;
    throw error;
  }
  const init = boxTypes(muxer.init).join(' ');
  must(init.startsWith('ftyp moov mvhd trak'), 'an init segment has its boxes', () => init);
  const fragment = boxTypes(muxer.fragment({ units, keyframe: true, decodeTime: 2 ** 33 + 5, offset: -3_600, duration: 3_600 })).join(' ');
  must(fragment === 'moof mfhd traf tfhd tfdt trun mdat', 'a fragment has its boxes', () => fragment);
}
