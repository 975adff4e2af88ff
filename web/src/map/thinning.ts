import type { Box, Size, View } from "./space";

/** A label to place: its middle in the map's units, half its size in pixels. */
export interface Mark {
  x: number;
  y: number;
  halfWidth: number;
  halfHeight: number;
}

/** At most this many labels are shown at once; more are a wall of words. */
export const MOST = 60;

/**
 * From which zoom on each label is shown, heaviest first, so that no two overlap.
 *
 * A label overlaps a heavier one at every zoom up to one that depends on the two alone. It waits
 * until it is free of all heavier ones that are shown by then. So a label once shown stays while
 * the reader zooms in, and panning changes nothing. Cost grows with the square of the labels.
 */
export function thresholds(marks: readonly Mark[]): Float64Array {
  const from = new Float64Array(marks.length);
  marks.forEach((mark, i) => {
    let zoom = 0;
    for (let j = 0; j < i; j++) {
      const other = marks[j]!;
      const apart = Math.min(
        (mark.halfWidth + other.halfWidth) / Math.abs(mark.x - other.x),
        (mark.halfHeight + other.halfHeight) / Math.abs(mark.y - other.y),
      );
      if (apart > from[j]! && apart > zoom) zoom = apart;
    }
    from[i] = zoom;
  });
  return from;
}

export interface Placed {
  index: number;
  /** The label's middle in pixels of the map. */
  x: number;
  y: number;
}

/**
 * The labels in sight, heaviest first, with their places. One at the edge is moved inside, where
 * that covers neither a heavier one nor an obstacle.
 */
export function place(
  marks: readonly Mark[],
  from: Float64Array,
  view: View,
  size: Size,
  obstacles: readonly Box[],
): Placed[] {
  const placed: Placed[] = [];
  const taken: Box[] = [...obstacles];
  for (let index = 0; index < marks.length && placed.length < MOST; index++) {
    if (view.k < from[index]!) continue;
    const { x, y, halfWidth, halfHeight } = marks[index]!;
    const [px, py] = [x * view.k + view.left, y * view.k + view.top];
    if (px < 0 || py < 0 || px > size.width || py > size.height) continue;
    if (2 * halfWidth > size.width || 2 * halfHeight > size.height) continue;
    const cx = Math.max(halfWidth, Math.min(size.width - halfWidth, px));
    const cy = Math.max(halfHeight, Math.min(size.height - halfHeight, py));
    const spot = {
      left: cx - halfWidth,
      top: cy - halfHeight,
      right: cx + halfWidth,
      bottom: cy + halfHeight,
    };
    if (taken.some((other) => overlap(spot, other))) continue;
    taken.push(spot);
    placed.push({ index, x: cx, y: cy });
  }
  return placed;
}

function overlap(a: Box, b: Box): boolean {
  // half a pixel of rounding is no overlap
  return a.left < b.right - 0.5 && a.right > b.left + 0.5 && a.top < b.bottom - 0.5 && a.bottom > b.top + 0.5;
}
