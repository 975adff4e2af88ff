// Draws tens of thousands of points on a canvas, pixel by pixel: as fast as a graphics card needs
// to be for this, and the same on every machine, with one or without.
"use strict";
const CoteriePoints = (() => {
  const MARGIN = 18;  // px: discs may hang over the edge
  const STEPS = 4;    // places of a disc's centre within a pixel, along each axis

  // The pixels of a disc in an image of the given width, and how much of each it covers, for
  // every place of its centre within a pixel.
  function discs(radius, stride) {
    const reach = Math.ceil(radius + 0.5), made = [];
    for (let place = 0; place < STEPS * STEPS; place++) {
      const x = (place % STEPS + 0.5) / STEPS, y = (Math.floor(place / STEPS) + 0.5) / STEPS;
      const offsets = [], covers = [];
      for (let dy = -reach; dy <= reach; dy++) {
        for (let dx = -reach; dx <= reach; dx++) {
          const cover = Math.round(256 * Math.min(1, radius + 0.5 - Math.hypot(dx + 0.5 - x, dy + 0.5 - y)));
          if (cover > 0) { offsets.push((dy * stride + dx) * 4); covers.push(cover); }
        }
      }
      made.push({ offsets: Int32Array.from(offsets), covers: Uint16Array.from(covers) });
    }
    return { radius, reach, made };
  }

  return (canvas, places) => {
    const context = canvas.getContext("2d", { alpha: false });
    let ratio = 1, width = 0, height = 0;
    let image = null, bytes = null, words = null, dots = null;
    let colours = new Uint8Array(0), order = [], ground = 0;
    return {
      resize(wide, high, pixelRatio) {
        ratio = pixelRatio;
        canvas.width = Math.round(wide * ratio);
        canvas.height = Math.round(high * ratio);
        [width, height] = [canvas.width + 2 * MARGIN, canvas.height + 2 * MARGIN];
        image = new ImageData(width, height);
        bytes = new Uint8Array(image.data.buffer);
        words = new Uint32Array(image.data.buffer);
        dots = null;
      },

      // RGBA bytes by point, the order of drawing, and the colour behind them as one word
      paint(newColours, newOrder, newGround) {
        [colours, order, ground] = [newColours, newOrder, newGround];
      },

      draw({ x, y, k }, radius) {
        if (dots?.radius !== radius * ratio) dots = discs(radius * ratio, width);
        const { reach, made } = dots;
        words.fill(ground);
        for (const point of order) {
          const left = (places[2 * point] * k + x) * ratio + MARGIN;
          const top = (places[2 * point + 1] * k + y) * ratio + MARGIN;
          if (left < reach || top < reach || left >= width - reach || top >= height - reach) continue;
          const column = Math.floor(left), row = Math.floor(top);
          const { offsets, covers } = made[Math.floor((left - column) * STEPS) + STEPS * Math.floor((top - row) * STEPS)];
          const middle = (row * width + column) * 4, c = 4 * point;
          const red = colours[c], green = colours[c + 1], blue = colours[c + 2], alpha = colours[c + 3];
          for (let i = 0; i < offsets.length; i++) {
            const at = middle + offsets[i], share = alpha * covers[i];  // of 2 ** 16
            bytes[at] += ((red - bytes[at]) * share) >> 16;
            bytes[at + 1] += ((green - bytes[at + 1]) * share) >> 16;
            bytes[at + 2] += ((blue - bytes[at + 2]) * share) >> 16;
          }
        }
        context.putImageData(image, -MARGIN, -MARGIN);
      },
    };
  };
})();
