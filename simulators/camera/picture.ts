/** Draws what a simulated camera sees, as raw I420 frames: a scene in the camera's own colours, something that moves, name, counter and strip. */
import { eachDot, glyphAdvance, glyphHeight } from './glyphs.ts';
import { blockSize, cameraCode, stripBlocks } from './strip.ts';

export interface PictureSettings {
  /** Tells the cameras apart in the strip. */
  readonly camera: string;
  /** Shown; ASCII. */
  readonly caption: string;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
}

export const smallestPicture = { width: 160, height: 90 } as const;

const black = 16;
const white = 235;
/** Backgrounds with different noise, shown in turn: a sensor is never quite still, and without noise no encoder needs its bits. */
const backgrounds = 6;
const noise = 3;

/** Returns a painter: the bytes of picture `frame`, valid until the next call. */
export function openPainter(settings: PictureSettings): (frame: number) => Uint8Array {
  const { width, height, framesPerSecond, caption, camera } = settings;
  const code = cameraCode(camera);
  const canvas = new Canvas(width, height);
  const scenes = Array.from({ length: backgrounds }, (_, index) => scene(width, height, code, index + 1));
  const scale = Math.max(1, Math.floor(width / 240));
  const size = blockSize(width);
  return (frame) => {
    canvas.bytes.set(scenes[frame % backgrounds]!);
    drawMovement(canvas, frame / framesPerSecond, code);
    canvas.text(caption.slice(0, Math.floor(width / (glyphAdvance * scale)) - 2), 2 * scale, 3 * scale, scale);
    canvas.text(`${elapsed(frame, framesPerSecond)} #${String(frame).padStart(5, '0')}`, 2 * scale, (glyphHeight + 8) * scale, scale);
    stripBlocks({ camera: code, frame }).forEach((lit, column) => {
      canvas.box(column * size, height - size, size, size, lit ? white : black);
    });
    return canvas.bytes;
  };
}

/** Minutes, seconds and the frame within the second: `mm:ss.ff`. */
function elapsed(frame: number, framesPerSecond: number): string {
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const whole = Math.floor(frame / framesPerSecond);
  return `${two(whole / 60)}:${two(whole % 60)}.${two(frame - whole * framesPerSecond)}`;
}

/** What our glyphs can show of a name; the id where that is less than two letters or digits (most schools name their cameras in Chinese). */
export function captionOf(name: string, id: string): string {
  const shown = name
    .replace(/[^ -~]+/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return shown.replace(/[^A-Za-z0-9]/g, '').length >= 2 ? shown : id;
}

/** A ball that bounces and a bar that sweeps: one look tells that the picture lives. */
function drawMovement(canvas: Canvas, time: number, code: number): void {
  const { width, height } = canvas;
  const radius = Math.round(height / 9);
  const swing = (period: number) => Math.abs(((time / period + (code % 97) / 97) % 2) - 1);
  const x = radius + swing(3.1) * (width - 2 * radius);
  const y = height * 0.35 + radius + swing(1.7) * (height * 0.5 - 2 * radius);
  canvas.disc(x, y, radius, 200, 128 + (((code >> 4) % 5) - 2) * 30, 128 + (((code >> 8) % 5) - 2) * 30);
  canvas.box(Math.round(((time / 8) % 1) * (width - 8)) & ~1, Math.round(height * 0.3) & ~1, 8, Math.round(height / 20) & ~1, white);
}

/** Gradient in the camera's colour with a horizon and noise; the same for the same number. */
function scene(width: number, height: number, code: number, seed: number): Uint8Array {
  const bytes = new Uint8Array((width * height * 3) / 2);
  let state = (code << 8) + seed;
  for (let y = 0; y < height; y += 1) {
    const ground = y > height * 0.62 ? 24 : 0;
    for (let x = 0; x < width; x += 1) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
      bytes[y * width + x] = 60 + ground + (70 * y) / height + (24 * x) / width + ((state >>> 24) % (2 * noise + 1)) - noise;
    }
  }
  const hue = (code / 65_536) * 2 * Math.PI;
  const half = (width / 2) * (height / 2);
  bytes.fill(128 + Math.round(38 * Math.cos(hue)), width * height, width * height + half);
  bytes.fill(128 + Math.round(38 * Math.sin(hue)), width * height + half);
  return bytes;
}

class Canvas {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.bytes = new Uint8Array((width * height * 3) / 2);
  }

  box(left: number, top: number, width: number, height: number, luma: number): void {
    this.#colour(left, top, width, height, 128, 128);
    for (let y = top; y < top + height; y += 1) this.bytes.fill(luma, y * this.width + left, y * this.width + Math.min(this.width, left + width));
  }

  disc(x: number, y: number, radius: number, luma: number, u: number, v: number): void {
    for (let row = Math.max(0, Math.ceil(y - radius)); row <= Math.min(this.height - 1, y + radius); row += 1) {
      const reach = Math.sqrt(radius * radius - (row - y) ** 2);
      const [from, to] = [Math.max(0, Math.round(x - reach)), Math.min(this.width, Math.round(x + reach))];
      this.bytes.fill(luma, row * this.width + from, row * this.width + to);
      if (row % 2 === 0) this.#colour(from & ~1, row, to - from, 2, u, v);
    }
  }

  /** White dots on a dark plate. */
  text(text: string, left: number, top: number, scale: number): void {
    const plate = (pixels: number) => (pixels + 1) & ~1;
    this.box(left & ~1, (top - scale) & ~1, plate((text.length * glyphAdvance + 1) * scale), plate((glyphHeight + 2) * scale), 36);
    eachDot(text, (x, y) => {
      for (let row = 0; row < scale; row += 1) {
        const start = (top + y * scale + row) * this.width + left + (x + 1) * scale;
        this.bytes.fill(white, start, start + scale);
      }
    });
  }

  #colour(left: number, top: number, width: number, height: number, u: number, v: number): void {
    const half = this.width / 2;
    const plane = half * (this.height / 2);
    const end = Math.min(half, (left + width) / 2);
    for (let y = top / 2; y < Math.min(this.height, top + height) / 2; y += 1) {
      const row = this.width * this.height + Math.floor(y) * half;
      this.bytes.fill(u, row + left / 2, row + end);
      this.bytes.fill(v, row + plane + left / 2, row + plane + end);
    }
  }
}
