import type { Box, Space } from "./space";

/** Rows by the cell of a grid that they lie in: finds those near a place or inside a polygon. */
export class Grid {
  private readonly columns: number;
  private readonly rows: number;
  private readonly cells: number; // in one unit of the space
  private readonly starts: Uint32Array;
  private readonly members: Uint32Array;

  constructor(private readonly space: Space) {
    const { n, x, y } = space;
    this.cells = Math.max(8, Math.min(512, Math.round(Math.sqrt(n) / 2)));
    this.columns = Math.floor(space.width * this.cells) + 1;
    this.rows = Math.floor(space.height * this.cells) + 1;
    const starts = new Uint32Array(this.columns * this.rows + 1);
    const cellOf = (i: number) =>
      Math.floor(y[i]! * this.cells) * this.columns + Math.floor(x[i]! * this.cells);
    for (let i = 0; i < n; i++) if (x[i]! === x[i]!) starts[cellOf(i) + 1]!++;
    for (let cell = 1; cell < starts.length; cell++) starts[cell]! += starts[cell - 1]!;
    const next = starts.slice();
    this.members = new Uint32Array(starts[starts.length - 1]!);
    for (let i = 0; i < n; i++) if (x[i]! === x[i]!) this.members[next[cellOf(i)]!++] = i;
    this.starts = starts;
  }

  private column(x: number): number {
    return Math.max(0, Math.min(this.columns - 1, Math.floor(x * this.cells)));
  }

  private row(y: number): number {
    return Math.max(0, Math.min(this.rows - 1, Math.floor(y * this.cells)));
  }

  /** The row nearest to a place and at most `reach` away, or -1. */
  nearest(x: number, y: number, reach: number, wanted?: Uint8Array | null): number {
    const [left, right] = [this.column(x - reach), this.column(x + reach)];
    let best = -1;
    let nearest = reach * reach;
    for (let row = this.row(y - reach); row <= this.row(y + reach); row++) {
      const end = this.starts[row * this.columns + right + 1]!;
      for (let at = this.starts[row * this.columns + left]!; at < end; at++) {
        const i = this.members[at]!;
        const gap = (this.space.x[i]! - x) ** 2 + (this.space.y[i]! - y) ** 2;
        if (gap <= nearest && (!wanted || wanted[i])) {
          nearest = gap;
          best = i;
        }
      }
    }
    return best;
  }

  /** Rows inside a box, ascending. */
  inBox({ left, top, right, bottom }: Box, wanted?: Uint8Array | null): Uint32Array<ArrayBuffer> {
    return this.inside(Float32Array.of(left, top, right, top, right, bottom, left, bottom), wanted);
  }

  /**
   * Rows inside a polygon by the even-odd rule, ascending. Cells that no edge touches are taken or
   * left as a whole; only rows of the others are looked at one by one.
   *
   * @param polygon x and y of each corner by turns
   */
  inside(polygon: Float32Array, wanted?: Uint8Array | null): Uint32Array<ArrayBuffer> {
    if (polygon.length < 6) return new Uint32Array(0);
    const found = new Uint8Array(this.space.n);
    let count = 0;
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let p = 0; p < polygon.length; p += 2) {
      left = Math.min(left, polygon[p]!);
      right = Math.max(right, polygon[p]!);
      top = Math.min(top, polygon[p + 1]!);
      bottom = Math.max(bottom, polygon[p + 1]!);
    }
    const touched = this.touched(polygon);
    const { x, y } = this.space;
    for (let row = this.row(top); row <= this.row(bottom); row++) {
      for (let column = this.column(left); column <= this.column(right); column++) {
        const cell = row * this.columns + column;
        const [from, to] = [this.starts[cell]!, this.starts[cell + 1]!];
        if (from === to) continue;
        const mixed = touched[cell] === 1;
        if (!mixed && !encloses(polygon, (column + 0.5) / this.cells, (row + 0.5) / this.cells)) continue;
        for (let at = from; at < to; at++) {
          const i = this.members[at]!;
          if (wanted && !wanted[i]) continue;
          if (mixed && !encloses(polygon, x[i]!, y[i]!)) continue;
          found[i] = 1;
          count++;
        }
      }
    }
    const places = new Uint32Array(count);
    for (let i = 0, at = 0; at < count; i++) if (found[i]) places[at++] = i;
    return places;
  }

  /** 1 for each cell that an edge of the polygon may pass through. */
  private touched(polygon: Float32Array): Uint8Array {
    const touched = new Uint8Array(this.columns * this.rows);
    for (let p = 0; p < polygon.length; p += 2) {
      const q = (p + 2) % polygon.length;
      const [ax, ay, bx, by] = [polygon[p]!, polygon[p + 1]!, polygon[q]!, polygon[q + 1]!];
      const [low, high] = [Math.min(ay, by), Math.max(ay, by)];
      const slope = ay === by ? 0 : (bx - ax) / (by - ay);
      for (let row = this.row(low); row <= this.row(high); row++) {
        // where the edge enters and leaves this row of cells
        const y0 = Math.max(low, Math.min(high, row / this.cells));
        const y1 = Math.max(low, Math.min(high, (row + 1) / this.cells));
        const x0 = ay === by ? ax : ax + (y0 - ay) * slope;
        const x1 = ay === by ? bx : ax + (y1 - ay) * slope;
        const slack = 1e-6;
        const to = this.column(Math.max(x0, x1) + slack);
        for (let column = this.column(Math.min(x0, x1) - slack); column <= to; column++) {
          touched[row * this.columns + column] = 1;
        }
      }
    }
    return touched;
  }
}

/** Whether a polygon (x and y of each corner by turns) has a place inside, by the even-odd rule. */
export function encloses(polygon: Float32Array, x: number, y: number): boolean {
  let inside = false;
  for (let p = 0, q = polygon.length - 2; p < polygon.length; q = p, p += 2) {
    const ay = polygon[p + 1]!;
    const by = polygon[q + 1]!;
    if (ay > y === by > y) continue;
    const ax = polygon[p]!;
    const bx = polygon[q]!;
    if (x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
