/** What the map is given, made from the points. */
import type { ColumnValues, Points } from "../../api/arrow";
import type { Segment, Segments } from "../../api/types";
import type { MapColours, MapLabel, MapValues } from "../../map";
import { slotColour } from "../../style/palette";

export interface Named {
  id: string;
  name: string;
  colour: number;
  size: number;
}

/** The segments in the order of the points' codes, with their names as they are now. */
export function namesOf(points: Points, segments: Segments | null): Named[] {
  const now = new Map<string, Segment>(segments?.segments.map((each) => [each.id, each]));
  return points.meta.segments.map((each) => ({
    id: each.id,
    name: now.get(each.id)?.name ?? each.name,
    colour: each.colour,
    size: each.size,
  }));
}

/** The middle of each segment; shape (k, 2), NaN where it has no row. */
export function centresOf(points: Points): Float64Array {
  const k = points.meta.segments.length;
  const sums = new Float64Array(2 * k);
  const sizes = new Float64Array(k);
  const { x, y, segment } = points;
  for (let row = 0; row < x.length; row += 1) {
    const code = segment[row]!;
    const [a, b] = [x[row]!, y[row]!];
    if (code < 0 || !(a === a && b === b)) continue;
    sums[2 * code]! += a;
    sums[2 * code + 1]! += b;
    sizes[code]! += 1;
  }
  return sums.map((sum, place) => sum / sizes[place >> 1]!);
}

export function labelsOf(names: Named[], centres: Float64Array, coloured: boolean): MapLabel[] {
  return names.flatMap(({ id, name, size, colour }, code) => {
    const [x, y] = [centres[2 * code]!, centres[2 * code + 1]!];
    if (!Number.isFinite(x)) return [];
    return [{ id, text: name, x, y, weight: size, ...(coloured ? { colour: slotColour(colour) } : {}) }];
  });
}

export function segmentColours(points: Points, names: Named[]): MapColours {
  return { codes: points.segment, palette: names.length ? names.map((each) => slotColour(each.colour)) : [slotColour(0)] };
}

/** Colours of a column: by value, or along a scale. */
export function columnColours(column: ColumnValues): MapColours | MapValues {
  if (column.kind === "category") {
    const many = Math.max(column.meta.categories.length, 1);
    return { codes: column.codes, palette: Array.from({ length: many }, (_, code) => slotColour(code)) };
  }
  const [low, high] = rangeOf(column);
  // dates in milliseconds do not fit 32 bits: distances from the first do
  const values = Float32Array.from(column.values, (value) => value - low);
  return { values, low: 0, high: Math.max(high - low, Number.MIN_VALUE) };
}

export function rangeOf(column: Exclude<ColumnValues, { kind: "category" }>): [number, number] {
  let [low, high] = [column.meta.low, column.meta.high];
  if (low === null || high === null) {
    low = Infinity;
    high = -Infinity;
    for (const value of column.values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : [0, 1];
}

/** Rows of each code, most first. */
export function countsOf(codes: Int32Array, many: number): { code: number; rows: number }[] {
  const counts = new Uint32Array(many);
  for (const code of codes) if (code >= 0 && code < many) counts[code]! += 1;
  return Array.from(counts, (rows, code) => ({ code, rows })).sort((a, b) => b.rows - a.rows);
}

/** Places of the rows that have a code. */
export function placesOf(codes: Int32Array, wanted: number): Uint32Array {
  let size = 0;
  for (const code of codes) if (code === wanted) size += 1;
  const places = new Uint32Array(size);
  let next = 0;
  for (let row = 0; row < codes.length; row += 1) if (codes[row] === wanted) places[next++] = row;
  return places;
}

/** 1 for the rows within a range of time; those without a time are left out. */
export function shownWithin(time: Float64Array, low: number, high: number): Uint8Array {
  const shown = new Uint8Array(time.length);
  for (let row = 0; row < time.length; row += 1) {
    const at = time[row]!;
    if (at >= low && at <= high) shown[row] = 1;
  }
  return shown;
}

/** Rows in equal periods of a range. */
export function histogram(time: Float64Array, low: number, high: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  const scale = bins / Math.max(high - low, 1);
  for (const at of time) {
    if (at >= low && at <= high) counts[Math.min(bins - 1, Math.floor((at - low) * scale))]! += 1;
  }
  return counts;
}
