import { endOf, radiusAt, type Cloud, type Layer } from "./cloud";
import type { Painter } from "./painter";
import type { View } from "./space";

const MARGIN = 24; // px: discs may hang over the edge
const STEPS = 4; // places of a disc's middle within a pixel, along each axis
const TURN = 4096; // points between two looks at the clock

interface Disc {
  offsets: Int32Array;
  /** How much of each pixel it covers, of 256. */
  covers: Uint16Array;
}

/** The pixels of a disc in an image of a width, for each place of its middle within a pixel. */
function discs(radius: number, stride: number): Disc[] {
  const reach = Math.ceil(radius + 0.5);
  return Array.from({ length: STEPS * STEPS }, (_, place) => {
    const x = ((place % STEPS) + 0.5) / STEPS;
    const y = (Math.floor(place / STEPS) + 0.5) / STEPS;
    const offsets: number[] = [];
    const covers: number[] = [];
    for (let dy = -reach; dy <= reach; dy++) {
      for (let dx = -reach; dx <= reach; dx++) {
        const edge = radius + 0.5 - Math.hypot(dx + 0.5 - x, dy + 0.5 - y);
        const cover = Math.round(256 * Math.min(1, edge));
        if (cover <= 0) continue;
        offsets.push(dy * stride + dx);
        covers.push(cover);
      }
    }
    return { offsets: Int32Array.from(offsets), covers: Uint16Array.from(covers) };
  });
}

/** Draws points pixel by pixel: the same on every machine, with a graphics card or without. */
export function paintOnCanvas(): Painter {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { alpha: false })!;
  let [ratio, width, height] = [1, 0, 0];
  let image: ImageData | null = null;
  let words = new Uint32Array(0);
  let ground = 0;
  let cloud: Cloud | null = null;
  const known = new Map<number, Disc[]>();

  let view: View = { k: 1, left: 0, top: 0 };
  let [growth, share] = [1, 1];
  let [turn, at] = [0, 0]; // layer and point where the picture has come to

  const discsOf = (radius: number): Disc[] => {
    const found = known.get(radius);
    if (found) return found;
    if (known.size > 8) known.clear();
    const made = discs(radius, width);
    known.set(radius, made);
    return made;
  };

  function paint({ x, y, words: colours }: Cloud, layer: Layer, from: number, to: number): void {
    const { halo } = layer;
    const radius = radiusAt(layer, growth) * ratio;
    const made = discsOf(radius);
    const reach = Math.ceil(radius + 0.5);
    const [k, left, top] = [view.k * ratio, view.left * ratio + MARGIN, view.top * ratio + MARGIN];
    const [right, bottom] = [width - reach - 1, height - reach - 1];
    const pixels = words;
    for (let i = from; i < to; i++) {
      const px = x[i]! * k + left;
      const py = y[i]! * k + top;
      if (!(px >= reach && py >= reach && px < right && py < bottom)) continue;
      const column = px | 0;
      const row = py | 0;
      const disc = made[(((px - column) * STEPS) | 0) + STEPS * (((py - row) * STEPS) | 0)]!;
      const { offsets, covers } = disc;
      const middle = row * width + column;
      const word = halo ? halo.colour : colours[i]!;
      const alpha = word >>> 24;
      const redBlue = word & 0xff00ff;
      const green = word & 0x00ff00;
      const count = offsets.length;
      for (let p = 0; p < count; p++) {
        const pixel = middle + offsets[p]!;
        // two channels at a time; 255 * 257 >> 8 is 256
        const over = (alpha * 257 * covers[p]!) >>> 16;
        const under = 256 - over;
        const old = pixels[pixel]!;
        pixels[pixel] =
          0xff000000 |
          (((Math.imul(old & 0xff00ff, under) + Math.imul(redBlue, over)) >>> 8) & 0xff00ff) |
          (((Math.imul(old & 0x00ff00, under) + Math.imul(green, over)) >>> 8) & 0x00ff00);
      }
    }
  }

  return {
    kind: "canvas",
    software: true,
    canvas,
    resize(wide, high, pixelRatio) {
      ratio = pixelRatio;
      canvas.width = Math.max(1, Math.round(wide * ratio));
      canvas.height = Math.max(1, Math.round(high * ratio));
      [width, height] = [canvas.width + 2 * MARGIN, canvas.height + 2 * MARGIN];
      image = new ImageData(width, height);
      words = new Uint32Array(image.data.buffer);
      known.clear();
    },
    load(next, below) {
      [cloud, ground] = [next, below];
    },
    begin(next, grown, part) {
      [view, growth, share] = [next, grown, part];
      words.fill(ground);
      turn = 0;
      at = cloud?.layers[0]?.from ?? 0;
    },
    work(until) {
      if (!image) return true;
      while (cloud && turn < cloud.layers.length) {
        const current = cloud.layers[turn]!;
        const end = endOf(current, share);
        while (at < end) {
          const next = until === Infinity ? end : Math.min(end, at + TURN);
          paint(cloud, current, at, next);
          at = next;
          if (performance.now() > until) return false;
        }
        turn++;
        at = cloud.layers[turn]?.from ?? 0;
      }
      context.putImageData(image, -MARGIN, -MARGIN);
      return true;
    },
    dispose() {
      canvas.remove();
    },
  };
}
