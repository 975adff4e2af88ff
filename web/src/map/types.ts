/** Positions of n rows, at any scale; a row that is not finite is not drawn. */
export interface MapPoints {
  x: Float32Array;
  y: Float32Array;
}

/** One colour a row: `palette[code % palette.length]`; -1, 65535 or 255 by kind of array is grey. */
export interface MapColours {
  codes: Int32Array | Uint16Array | Uint8Array;
  palette: string[];
}

/** A number a row, coloured from `low` to `high`; NaN is grey. */
export interface MapValues {
  values: Float32Array;
  low: number;
  high: number;
}

/** A name over the map, at a place in the units of the points; heavier ones are placed first. */
export interface MapLabel {
  id: string;
  text: string;
  x: number;
  y: number;
  weight: number;
  colour?: string;
}

export type MapMode = "pan" | "lasso";

export type PainterKind = "canvas" | "webgl";

/** One picture, or the first slice of a whole one, for measuring. */
export interface Drawn {
  kind: PainterKind;
  /** Milliseconds of the main thread. */
  cost: number;
  /** Share of the points drawn. */
  share: number;
}

/** Arrays and objects are taken as changed when they are other ones: keep those that stay the same. */
export interface MapProps {
  points: MapPoints;
  colours: MapColours | MapValues;
  labels: MapLabel[];
  /** Search hits: drawn on top and larger; all others are dimmed. */
  lit?: Uint32Array | null | undefined;
  /** The selection: ringed. */
  chosen?: Uint32Array | null | undefined;
  /** 1 where a row is drawn. */
  shown?: Uint8Array | null | undefined;
  mode: MapMode;
  /** A row is under the pointer, at these pixels of the map; -1 where there is none any more. */
  onHover?: ((place: number, x: number, y: number) => void) | undefined;
  onPick?: ((place: number) => void) | undefined;
  /** Rows inside the lasso, ascending. */
  onLasso?: ((places: Uint32Array) => void) | undefined;
  onLabel?: ((id: string) => void) | undefined;
  /** The reader asks for another mode: Escape leaves the lasso. */
  onMode?: ((mode: MapMode) => void) | undefined;
  /** Zooms to these rows when `key` changes. */
  focus?: { places: Uint32Array; key: number } | null | undefined;
  ariaLabel: string;
  /** For measuring: forces a painter and hears of each picture. */
  bench?: { painter?: PainterKind | undefined; drawn?(picture: Drawn): void } | undefined;
}
