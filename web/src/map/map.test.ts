import { describe, expect, test } from "vitest";
import { arrange, endOf, paintWith, radiusFor } from "./cloud";
import { encloses, Grid } from "./grid";
import { Pace } from "./pace";
import { between, boxOf, centre, fit, keep, toSpace, zoomAt } from "./space";
import { thin, type Theme } from "./theme";
import { MOST, place, thresholds, type Mark } from "./thinning";

/** Evenly spread numbers in 0..1, the same each time. */
function dice(seed: number): () => number {
  return () => (seed = (seed * 48271) % 2147483647) / 2147483647;
}

function scatter(n: number, seed = 5) {
  const roll = dice(seed);
  return {
    x: Float32Array.from({ length: n }, () => roll() * 30 - 10),
    y: Float32Array.from({ length: n }, () => roll() * 10 + 5),
  };
}

const theme: Theme = {
  ground: 0xffffffff,
  ink: 0xff000000,
  grey: 0xff888888,
  scale: Uint32Array.from({ length: 256 }, (_, step) => 0xff000000 + step),
};
const size = { width: 800, height: 600 };

describe("the space of the map", () => {
  test("the longer side is 1 and up is up", () => {
    const space = toSpace({ x: Float32Array.of(-10, 30, 10), y: Float32Array.of(0, 20, 10) });
    expect([space.width, space.height]).toEqual([1, 0.5]);
    expect([...space.x]).toEqual([0, 1, 0.5]);
    expect([...space.y]).toEqual([0.5, 0, 0.25]);
  });

  test("a row that is not finite has no place and moves no other", () => {
    const space = toSpace({ x: Float32Array.of(0, NaN, 4, Infinity), y: Float32Array.of(0, 1, 2, 3) });
    expect([...space.x]).toEqual([0, NaN, 1, NaN]);
    expect([...space.y]).toEqual([0.5, NaN, 0, NaN]);
  });

  test("no rows, and rows all at one place, have a space too", () => {
    for (const points of [{ x: new Float32Array(0), y: new Float32Array(0) }, { x: Float32Array.of(3, 3), y: Float32Array.of(4, 4) }]) {
      const space = toSpace(points);
      expect([space.width, space.height]).toEqual([0, 0]);
      expect([...space.x].every((value) => value === 0)).toBe(true);
    }
  });

  test("a view that fits shows the whole box within its margin", () => {
    const view = fit({ left: 0.2, top: 0.1, right: 0.6, bottom: 0.4 }, size, 40);
    const [left, right] = [0.2 * view.k + view.left, 0.6 * view.k + view.left];
    const [top, bottom] = [0.1 * view.k + view.top, 0.4 * view.k + view.top];
    expect(Math.min(left, top)).toBeGreaterThanOrEqual(40 - 1e-6);
    expect(right).toBeLessThanOrEqual(760 + 1e-6);
    expect(bottom).toBeLessThanOrEqual(560 + 1e-6);
    expect(left + right).toBeCloseTo(800);
    expect(top + bottom).toBeCloseTo(600);
  });

  test("zooming keeps what is under the pointer", () => {
    const before = { k: 500, left: 30, top: -20 };
    const after = zoomAt(before, 1750, 200, 100);
    expect((200 - after.left) / after.k).toBeCloseTo((200 - before.left) / before.k);
    expect((100 - after.top) / after.k).toBeCloseTo((100 - before.top) / before.k);
  });

  test("the map cannot be pushed out of sight", () => {
    const space = toSpace(scatter(50));
    const view = keep({ k: 400, left: 1e5, top: -1e5 }, space, size);
    expect(view.left).toBe(400);
    expect(view.top + space.height * view.k).toBeCloseTo(300);
  });

  test("a flight starts and ends where it should", () => {
    const [from, to] = [centre(0.1, 0.2, 300, size), centre(0.8, 0.4, 4000, size)];
    for (const [share, view] of [[0, from], [1, to]] as const) {
      const there = between(from, to, share, size);
      expect(there.k).toBeCloseTo(view.k);
      expect(there.left).toBeCloseTo(view.left);
      expect(there.top).toBeCloseTo(view.top);
    }
    expect(between(from, { ...from, left: from.left + 100 }, 0.5, size).left).toBeCloseTo(from.left + 50);
  });

  test("one far row does not decide the box of a group", () => {
    const x = Float32Array.from({ length: 100 }, (_, i) => (i === 99 ? 1000 : i));
    const space = toSpace({ x, y: x });
    const box = boxOf(space, Uint32Array.from(x.keys()))!;
    expect(box.right).toBeLessThan(0.2);
    expect(boxOf(space, [])).toBeNull();
  });
});

describe("the grid", () => {
  const points = scatter(3000);
  points.x[17] = NaN;
  const space = toSpace(points);
  const grid = new Grid(space);
  const all = [...space.x.keys()].filter((i) => i !== 17);

  test("finds the same nearest row as a look at every row", () => {
    const roll = dice(9);
    for (let turn = 0; turn < 300; turn++) {
      const [x, y, reach] = [roll() * 1.2 - 0.1, roll() * 0.6 - 0.1, roll() * 0.05];
      const gap = (i: number) => Math.hypot(space.x[i]! - x, space.y[i]! - y);
      const near = all.filter((i) => gap(i) <= reach).sort((a, b) => gap(a) - gap(b));
      expect(grid.nearest(x, y, reach)).toBe(near[0] ?? -1);
    }
  });

  test("passes over rows that are not shown", () => {
    const shown = Uint8Array.from(space.x, (_, i) => i % 2);
    const first = grid.nearest(0.5, 0.1, 0.2);
    shown[first] = 0;
    const second = grid.nearest(0.5, 0.1, 0.2, shown);
    expect(second).not.toBe(first);
    expect(shown[second]).toBe(1);
    expect([...grid.inBox({ left: 0, top: 0, right: 1, bottom: 1 }, shown)].every((i) => shown[i])).toBe(true);
  });

  test("a lasso has the same rows as a look at every row, whatever its shape", () => {
    const roll = dice(3);
    const shapes = Array.from({ length: 40 }, (_, turn) =>
      Float32Array.from({ length: 2 * (3 + (turn % 9)) }, (_, i) => (i % 2 ? roll() * 0.5 - 0.08 : roll() * 1.2 - 0.1)),
    );
    shapes.push(Float32Array.of(0.1, 0.05, 0.9, 0.05, 0.9, 0.2, 0.1, 0.2)); // level edges
    shapes.push(Float32Array.of(0.2, 0.1, 0.6, 0.3, 0.6, 0.1, 0.2, 0.3)); // crosses itself
    for (const polygon of shapes) {
      const expected = all.filter((i) => encloses(polygon, space.x[i]!, space.y[i]!));
      expect([...grid.inside(polygon)]).toEqual(expected);
    }
  });

  test("a line is no lasso, and one around everything takes everything", () => {
    expect(grid.inside(Float32Array.of(0, 0, 1, 1))).toHaveLength(0);
    expect([...grid.inside(Float32Array.of(-9, -9, 9, -9, 9, 9, -9, 9))]).toEqual(all);
  });
});

describe("names", () => {
  const roll = dice(21);
  const marks: Mark[] = Array.from({ length: 300 }, () => ({
    x: roll(),
    y: roll() * 0.7,
    halfWidth: 30 + roll() * 70,
    halfHeight: 13,
  }));
  const from = thresholds(marks);
  const overlap = (a: Mark, b: Mark, k: number) =>
    Math.abs(a.x - b.x) * k < a.halfWidth + b.halfWidth - 1e-6 &&
    Math.abs(a.y - b.y) * k < a.halfHeight + b.halfHeight - 1e-6;
  const shownAt = (k: number) => marks.map((_, i) => i).filter((i) => from[i]! <= k);

  test("no two overlap at any zoom", () => {
    for (const k of [50, 400, 900, 3000, 20_000]) {
      const shown = shownAt(k);
      const overlapping = shown.flatMap((i) => shown.filter((j) => j < i && overlap(marks[i]!, marks[j]!, k)).map((j) => [i, j]));
      expect(overlapping).toEqual([]);
    }
  });

  test("the heaviest is always shown, more come with zoom, and none goes", () => {
    expect(from[0]).toBe(0);
    let before: number[] = [];
    for (const k of [100, 300, 900, 2700, 8100, 1e7]) {
      const now = shownAt(k);
      expect(now).toEqual(expect.arrayContaining(before));
      before = now;
    }
    expect(before).toHaveLength(marks.length);
    expect(shownAt(300).length).toBeLessThan(marks.length / 4);
  });

  test("panning changes none that is in sight before and after", () => {
    const at = (left: number) => place(marks, from, { k: 2500, left, top: -300 }, size, []);
    const inner = (placed: ReturnType<typeof at>) => placed.filter(({ x }) => x > 220 && x < 580).map(({ index }) => index);
    const [before, after] = [at(-600), at(-603)];
    expect(inner(before).filter((i) => inner(after).includes(i)).length).toBeGreaterThan(4);
    for (const i of inner(before)) expect(after.map(({ index }) => index)).toContain(i);
  });

  test("stay inside the map, off the buttons and within their number", () => {
    const buttons = { left: 740, top: 0, right: 800, bottom: 160 };
    const tiny = marks.map((mark) => ({ ...mark, halfWidth: 8, halfHeight: 5 }));
    const placed = place(tiny, thresholds(tiny), { k: 790, left: 5, top: 10 }, size, [buttons]);
    expect(placed).toHaveLength(MOST);
    for (const { x, y } of placed) {
      expect(x - 8).toBeGreaterThanOrEqual(0);
      expect(x + 8).toBeLessThanOrEqual(800);
      expect(x + 8 > 740.5 && y - 5 < 159.5).toBe(false);
    }
  });

  test("two at one place never cover each other", () => {
    const same = [marks[0]!, marks[0]!];
    expect([...thresholds(same)]).toEqual([0, Infinity]);
  });
});

describe("the cloud", () => {
  const space = toSpace(scatter(20_000));
  const palette = Uint32Array.from({ length: 300 }, (_, i) => 0xff000000 + i);
  const codes = Int32Array.from(space.x, (_, i) => (i % 10 === 0 ? -1 : i % 400));
  const colour = paintWith({ codes, palette: [] }, palette, theme);
  const drawn = (cloud: ReturnType<typeof arrange>) => cloud.layers.map(({ from, to }) => to - from);

  test("rows without a colour come below the others", () => {
    const cloud = arrange(space, colour, theme, {});
    expect(drawn(cloud)).toEqual([2_000, 18_000]);
    expect(cloud.words[0]! & 0xffffff).toBe(0x888888);
  });

  test("has more than 256 colours, and begins again after the last", () => {
    expect(colour(299)).toBe(palette[299]);
    expect(colour(301)).toBe(palette[1]);
    expect(new Set(codes.map((_, i) => colour(i))).size).toBeGreaterThan(256);
  });

  test("each kind of codes has its own none", () => {
    const of = (kinds: Int32Array | Uint16Array | Uint8Array) => paintWith({ codes: kinds, palette: [] }, palette, theme);
    expect(of(Uint8Array.of(255, 254))(0)).toBe(0);
    expect(of(Uint8Array.of(255, 254))(1)).toBe(palette[254]);
    expect(of(Uint16Array.of(65535, 255))(0)).toBe(0);
    expect(of(Uint16Array.of(65535, 255))(1)).toBe(palette[255]);
    expect(of(Int32Array.of(-1, 65535))(0)).toBe(0);
    expect(of(Int32Array.of(-1, 65535))(1)).toBe(palette[65535 % 300]);
  });

  test("numbers run along the scale and stop at its ends", () => {
    const of = paintWith({ values: Float32Array.of(0, 10, -5, 99, 5, NaN), low: 0, high: 10 }, palette, theme);
    expect([0, 1, 2, 3].map(of)).toEqual([0, 255, 0, 255].map((step) => theme.scale[step]));
    expect(of(4)).toBe(theme.scale[128]);
    expect(of(5)).toBe(0);
    expect(paintWith({ values: Float32Array.of(3), low: 3, high: 3 }, palette, theme)(0)).toBe(theme.scale[0]);
  });

  test("hits come on top, then chosen rows with a halo; hidden rows come not at all", () => {
    const shown = new Uint8Array(20_000).fill(1);
    shown[3] = shown[4] = 0;
    const cloud = arrange(space, colour, theme, {
      lit: Uint32Array.of(1, 2, 3, 11),
      chosen: Uint32Array.of(2, 4, 12),
      shown,
    });
    expect(drawn(cloud)).toEqual([2_000, 17_994, 2, 2, 2]);
    const [, behind, hits, halo, chosen] = cloud.layers;
    expect(halo!.halo!.colour).toBe(theme.ink);
    expect(chosen!.from).toBe(halo!.from);
    expect(hits!.radius).toBeGreaterThan(behind!.radius);
    expect(cloud.words[behind!.from]! >>> 24).toBeLessThan(cloud.words[hits!.from]! >>> 24);
    expect(cloud.x.length).toBe(19_998);
  });

  test("any leading part is a sample of all parts of the file", () => {
    const line = toSpace({ x: Float32Array.from({ length: 50_000 }, (_, i) => i), y: new Float32Array(50_000) });
    const cloud = arrange(line, () => 0xff000001, theme, {});
    for (const share of [0.05, 0.2, 0.55]) {
      const tenths = new Float64Array(10);
      const count = Math.round(50_000 * share);
      for (let i = 0; i < count; i++) tenths[Math.min(9, Math.floor(cloud.x[i]! * 10))]!++;
      for (const tenth of tenths) expect(tenth / (count / 10)).toBeCloseTo(1, 0);
      expect(Math.max(...tenths) / Math.min(...tenths)).toBeLessThan(1.6);
    }
    expect(endOf({ from: 10, to: 100, radius: 1, halo: null }, 0.01)).toBe(100);
    expect(endOf({ from: 0, to: 1e6, radius: 1, halo: null }, 0.5)).toBe(500_000);
  });

  test("more points are smaller points", () => {
    const radii = [10, 1e3, 27e3, 1e6].map(radiusFor);
    expect(radii).toEqual([...radii].sort((a, b) => b - a));
    expect(radii.at(-1)).toBeGreaterThan(0.5);
  });

  test("thinning changes only how opaque a colour is", () => {
    expect(thin(0xff336699, 0.5).toString(16)).toBe("80336699");
    expect(thin(0xff336699, 1)).toBe(0xff336699);
  });
});

describe("the pace", () => {
  test("comes to the number of points that a picture has time for", () => {
    const pace = new Pace(1_000_000, 20_000, 10);
    for (let turn = 0; turn < 60; turn++) {
      const points = 1_000_000 * pace.share(1_000_000);
      pace.learn(points, points / 8_000);
    }
    expect(pace.share(1_000_000)).toBeGreaterThan(0.06);
    expect(pace.share(1_000_000)).toBeLessThan(0.11);
  });

  test("draws all again when that has become cheap, and never too few", () => {
    const pace = new Pace(500_000, 20_000, 10);
    for (let turn = 0; turn < 60; turn++) pace.learn(500_000 * pace.share(500_000), 400);
    expect(pace.share(500_000)).toBeCloseTo(0.04);
    for (let turn = 0; turn < 60; turn++) pace.learn(500_000 * pace.share(500_000), 1);
    expect(pace.share(500_000)).toBe(1);
  });
});
