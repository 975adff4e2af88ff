import type { Space } from "./space";
import { thin, type Theme } from "./theme";
import type { MapColours, MapValues } from "./types";

/** Points in the order of drawing, layer by layer. */
export interface Cloud {
  x: Float32Array;
  y: Float32Array;
  /** RGBA, see `Word`. */
  words: Uint32Array;
  layers: Layer[];
}

/** Points `from` up to `to` of a cloud. Any leading part is an even sample of them. */
export interface Layer {
  from: number;
  to: number;
  /** Radius in pixels where the whole map is in sight. */
  radius: number;
  /** Draws a disc in this colour, this much larger, in place of the point. */
  halo: { colour: number; width: number } | null;
}

const LARGEST = 7; // px of radius, however deep the zoom

/** Radius in pixels of the discs of a layer that has grown with the zoom. */
export function radiusAt({ radius, halo }: Layer, growth: number): number {
  return Math.max(0.35, Math.min(LARGEST, radius * growth)) + (halo?.width ?? 0);
}

/** A small layer is always drawn whole. */
const SMALL = 5_000;

/** Where a layer ends when only a share of it is drawn. */
export function endOf({ from, to }: Layer, share: number): number {
  return Math.min(to, from + Math.max(SMALL, Math.ceil((to - from) * share)));
}

export interface Picked {
  lit?: Uint32Array | null | undefined;
  chosen?: Uint32Array | null | undefined;
  shown?: Uint8Array | null | undefined;
}

// What a point is drawn as; the order is that of drawing.
const [HIDDEN, NONE, COLOURED, LIT, CHOSEN] = [0, 1, 2, 3, 4] as const;

/**
 * Every 64th row from one of 0..63 on, then from another, each as far as can be from those before
 * (their bits reversed): so rows from all over the file come early.
 */
const TURNS = Array.from({ length: 64 }, (_, turn) => {
  let first = 0;
  for (let bit = 0; bit < 6; bit++) first |= ((turn >> bit) & 1) << (5 - bit);
  return first;
});

/** How opaque points are. */
const OPAQUE = { coloured: 0.8, none: 0.45 };
const BEHIND_HITS = 0.14; // times the above, where the search has hits
const BEHIND_CHOSEN = 0.45; // where rows are chosen
const CROWD = 200_000; // so many points are paler, to show where they are dense

/** Radius in pixels of each of so many points: smaller for more. */
export function radiusFor(count: number): number {
  return Math.max(0.9, Math.min(4.5, 14 * count ** -0.22));
}

/** The colour of each point, and 0 where it has none. */
export function paintWith(
  colours: MapColours | MapValues,
  palette: Uint32Array,
  theme: Theme,
): (place: number) => number {
  if ("values" in colours) {
    const { values, low, high } = colours;
    const last = theme.scale.length - 1;
    const step = high > low ? last / (high - low) : 0;
    return (place) => {
      const value = values[place];
      if (value === undefined || value !== value) return 0;
      return theme.scale[Math.max(0, Math.min(last, Math.round((value - low) * step)))]!;
    };
  }
  const { codes } = colours;
  const none = codes instanceof Uint8Array ? 255 : codes instanceof Uint16Array ? 65535 : -1;
  return (place) => {
    const code = codes[place];
    if (code === undefined || code === none || code < 0 || !palette.length) return 0;
    return palette[code % palette.length]!;
  };
}

/** Lays out all points for drawing: without colour, coloured, search hits, chosen. */
export function arrange(
  space: Space,
  colourOf: (place: number) => number,
  theme: Theme,
  { lit, chosen, shown }: Picked,
): Cloud {
  const { n } = space;
  const kinds = new Uint8Array(n);
  const own = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    if (space.x[i]! !== space.x[i]! || (shown && !shown[i])) continue;
    own[i] = colourOf(i);
    kinds[i] = own[i] ? COLOURED : NONE;
  }
  for (const i of lit ?? []) if (kinds[i]) kinds[i] = LIT;
  for (const i of chosen ?? []) if (kinds[i]) kinds[i] = CHOSEN;
  const counts = new Uint32Array(5);
  for (let i = 0; i < n; i++) counts[kinds[i]!]!++;

  const starts = new Uint32Array(6);
  for (let kind: number = NONE; kind <= CHOSEN; kind++) starts[kind + 1] = starts[kind]! + counts[kind]!;
  const drawn = starts[CHOSEN + 1]!;
  const cloud = { x: new Float32Array(drawn), y: new Float32Array(drawn), words: new Uint32Array(drawn) };

  const behind = lit ? BEHIND_HITS : counts[CHOSEN] ? BEHIND_CHOSEN : 1;
  const crowded = drawn > CROWD ? 0.75 : 1;
  const opacity = Float32Array.of(0, OPAQUE.none * behind, OPAQUE.coloured * behind * crowded, 1, 1);
  const next = starts.slice();
  for (const first of TURNS) {
    for (let i = first; i < n; i += TURNS.length) {
      const kind = kinds[i]!;
      if (kind === HIDDEN) continue;
      const at = next[kind]!++;
      cloud.x[at] = space.x[i]!;
      cloud.y[at] = space.y[i]!;
      cloud.words[at] = thin(own[i]! || theme.grey, opacity[kind]!);
    }
  }

  const usual = radiusFor(drawn);
  const larger = (kind: number, most: number) =>
    Math.max(usual * 1.2, Math.min(most, radiusFor(counts[kind]!)));
  const layer = (kind: number, radius: number, halo: Layer["halo"] = null): Layer => ({
    from: starts[kind]!,
    to: starts[kind + 1]!,
    radius,
    halo,
  });
  const layers = [
    layer(NONE, usual),
    layer(COLOURED, usual),
    layer(LIT, larger(LIT, 3.2)),
    layer(CHOSEN, larger(CHOSEN, 3), { colour: theme.ink, width: counts[CHOSEN]! > 1_000 ? 1 : 1.5 }),
    layer(CHOSEN, larger(CHOSEN, 3)),
  ].filter(({ from, to }) => to > from);
  return { ...cloud, layers };
}
