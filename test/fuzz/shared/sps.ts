/** What every sequence parameter set that can be read must say. */
import { must } from '../target.ts';

interface Sps {
  readonly width: number;
  readonly height: number;
  readonly chromaFormat: number;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  readonly framesPerSecond?: number;
}

export function isSaneSps(sps: Sps): void {
  for (const side of [sps.width, sps.height]) must(Number.isInteger(side) && side >= 1 && side <= 16_384, 'a side has 1 to 16384 pixels', () => sps);
  for (const depth of [sps.bitDepthLuma, sps.bitDepthChroma]) must(depth >= 8 && depth <= 16, 'a sample has 8 to 16 bits', () => sps);
  must(sps.chromaFormat >= 0 && sps.chromaFormat <= 3, 'there are four chroma formats', () => sps);
  const { framesPerSecond = 25 } = sps;
  must(framesPerSecond >= 1 && framesPerSecond <= 240, 'a rate is a rate', () => sps);
}
