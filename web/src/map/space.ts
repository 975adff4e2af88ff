import type { MapPoints } from "./types";

/** The points in the map's own units: the longer side is 1, y grows downwards; NaN is not drawn. */
export interface Space {
  n: number;
  x: Float32Array;
  y: Float32Array;
  width: number;
  height: number;
  /** Units of the map in one unit of the points. */
  scale: number;
  left: number;
  top: number;
}

/** A place (x, y) of the space is drawn at the pixel (x * k + left, y * k + top). */
export interface View {
  k: number;
  left: number;
  top: number;
}

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export interface Size {
  width: number;
  height: number;
}

export function toSpace({ x, y }: MapPoints): Space {
  const n = Math.min(x.length, y.length);
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < n; i++) {
    const [px, py] = [x[i]!, y[i]!];
    if (!Number.isFinite(px) || !Number.isFinite(py)) continue;
    if (px < left) left = px;
    if (px > right) right = px;
    if (py < low) low = py;
    if (py > high) high = py;
  }
  if (left > right) [left, right, low, high] = [0, 0, 0, 0];
  const scale = 1 / (Math.max(right - left, high - low) || 1);
  const space: Space = {
    n,
    x: new Float32Array(n),
    y: new Float32Array(n),
    width: (right - left) * scale,
    height: (high - low) * scale,
    scale,
    left,
    top: high,
  };
  for (let i = 0; i < n; i++) {
    const drawn = Number.isFinite(x[i]!) && Number.isFinite(y[i]!);
    space.x[i] = drawn ? (x[i]! - left) * scale : NaN;
    space.y[i] = drawn ? (high - y[i]!) * scale : NaN;
  }
  return space;
}

/** The view that shows a box whole and centred, with a margin in pixels, no deeper than `deepest`. */
export function fit(box: Box, size: Size, margin: number, deepest = Infinity): View {
  const room = (side: number) => Math.max(side - 2 * margin, side / 2, 1);
  const k = Math.min(
    room(size.width) / Math.max(box.right - box.left, 1e-9),
    room(size.height) / Math.max(box.bottom - box.top, 1e-9),
    deepest,
  );
  return centre((box.left + box.right) / 2, (box.top + box.bottom) / 2, k, size);
}

/** The view of zoom `k` with the place (x, y) in the middle. */
export function centre(x: number, y: number, k: number, size: Size): View {
  return { k, left: size.width / 2 - x * k, top: size.height / 2 - y * k };
}

/** Zooms to `k` and keeps what is at the pixel (x, y) where it is. */
export function zoomAt(view: View, k: number, x: number, y: number): View {
  const grown = k / view.k;
  return { k, left: x - (x - view.left) * grown, top: y - (y - view.top) * grown };
}

/** Keeps some of the map in sight: its nearest edge is at most half the map's size away. */
export function keep(view: View, space: Size, size: Size): View {
  const within = (at: number, length: number, side: number) =>
    Math.max(side / 2 - length * view.k, Math.min(side / 2, at));
  return {
    k: view.k,
    left: within(view.left, space.width, size.width),
    top: within(view.top, space.height, size.height),
  };
}

/**
 * The views between two, for a share 0..1 of the way. The zoom changes evenly on a logarithmic
 * scale, and the middle moves as fast as it seems at the zoom of the moment.
 */
export function between(from: View, to: View, share: number, size: Size): View {
  const middle = (view: View) => [
    (size.width / 2 - view.left) / view.k,
    (size.height / 2 - view.top) / view.k,
  ] as const;
  const [ax, ay] = middle(from);
  const [bx, by] = middle(to);
  const k = from.k * (to.k / from.k) ** share;
  const near = Math.abs(from.k / to.k - 1) < 1e-6;
  const way = near ? share : (1 / from.k - 1 / k) / (1 / from.k - 1 / to.k);
  return centre(ax + (bx - ax) * way, ay + (by - ay) * way, k, size);
}

/** The box of some rows without their outermost 2%, so that one far row does not decide it. */
export function boxOf(space: Space, places: ArrayLike<number>): Box | null {
  const ends = (values: Float32Array) => {
    const sorted = Float32Array.from(places, (place) => values[place] ?? NaN)
      .filter(Number.isFinite)
      .sort();
    const cut = Math.floor(sorted.length * 0.02);
    return sorted.length ? ([sorted[cut]!, sorted[sorted.length - 1 - cut]!] as const) : null;
  };
  const [across, down] = [ends(space.x), ends(space.y)];
  return across && down && { left: across[0], right: across[1], top: down[0], bottom: down[1] };
}
