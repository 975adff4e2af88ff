/** What the service sends and takes, by hand where its OpenAPI document says no more than "an object". */

export interface Session {
  /** Whether the service asks for keys at all. */
  keys: boolean;
  signed_in: boolean;
  name: string;
  scopes: string[];
}

/** RFC 9457. */
export interface Problem {
  title: string;
  status: number;
  detail: string;
  instance?: string;
}

export interface Progress {
  stage?: string;
  done?: number;
  total?: number | null;
  seconds_left?: number | null;
  step?: number;
  steps?: number;
}

export type State = "new" | "queued" | "running" | "done" | "failed" | "cancelled";

export interface Job<T = Record<string, unknown>> {
  id: string;
  kind: string;
  state: Exclude<State, "new">;
  created: string;
  progress: Progress;
  result: T | null;
  error: string;
  files: string[];
}

export interface Columns {
  text: string | null;
  id: string | null;
  labels: string[];
  time: string | null;
  person: string | null;
}

export interface Project {
  id: string;
  title: string;
  created: string;
  file: string;
  bytes: number;
  rows: number | null;
  state: State;
  progress: Progress;
  error: string;
  notes: string[];
  columns: Columns | null;
  groups: number | null;
  frozen: boolean;
  searchable: boolean;
  editable: boolean;
  /** Whether it was made here, and not by a recipe. */
  own: boolean;
  models: string[];
  report: boolean;
}

export type ColumnKind = "text" | "category" | "number" | "date" | "id" | "empty" | "list";

export interface PreviewColumn {
  name: string;
  kind: ColumnKind;
  distinct: number;
  /** Share of the rows looked at, 0 to 1. */
  missing: number;
  examples: string[];
}

export interface Preview {
  columns: PreviewColumn[];
  guess: Columns;
  rows: (string | null)[][];
  read: number;
  sheets: string[];
  notes: string[];
}

export type EncoderChoice = "minilm" | "multilingual" | "static" | "tfidf";

export interface DiscoverChoice extends Columns {
  text: string;
  /** Of an Excel workbook. */
  sheet: string | null;
  encoder: EncoderChoice;
  groups: number | null;
}

export type ModelKind = "linear" | "few-shot" | "contrastive" | "mlp" | "auto";

export interface TrainChoice {
  name: string;
  labels: string;
  kind: ModelKind;
}

export interface Trained {
  model: string;
  version: string | number;
  accuracy: number | null;
  [name: string]: unknown;
}

/** Of the Arrow stream of points, in its schema's metadata. */
export interface PointsMeta {
  rows: number;
  tag: string;
  segments: { id: string; name: string; parent: string; size: number; colour: number }[];
  columns: { name: string; kind: "category" | "number" | "date" }[];
  time: [number, number] | null;
}

export interface ColumnMeta {
  name: string;
  kind: "category" | "number" | "date";
  categories: string[];
  low: number | null;
  high: number | null;
}

export interface FoundMeta {
  of: number;
  count: number;
}

export interface Row {
  /** The row's place: its number in all streams of the project. */
  at: number;
  id: string;
  text: string;
  segment: string;
  name: string;
  confidence: number | null;
  status: string;
  values: Record<string, string | null>;
}

export interface RowsPage {
  total: number;
  rows: Row[];
}

export type RowOrder = "row" | "confidence" | "-confidence";

export interface Segment {
  id: string;
  name: string;
  description: string;
  terms: string[];
  exemplars: string[];
  /** Name of the coarser group it belongs to, or "". */
  parent: string;
  size: number;
  /** When a refresh found hardly any rows of it, or "". */
  vanished: string;
  share: number;
  confidence: number | null;
  trend: number[];
  /** Slot of the palette. */
  colour: number;
}

export interface Segments {
  title: string;
  frozen: boolean;
  encoder: string;
  rows: number;
  outside: number;
  segments: Segment[];
  trend: { from: number; to: number; unit: string } | null;
  range: [number, number] | null;
  level: number;
  levels: number[];
  /** What would be undone, in words. */
  can_undo: string | null;
  can_redo: string | null;
}

export interface Edited extends Segments {
  changes: unknown[];
  moved: number;
}

export interface Change {
  when: string;
  by: string;
  what: string;
  details: Record<string, unknown>;
  words: string;
}

export type Edit =
  | { edit: "rename"; segment: string; name: string; description?: string }
  | { edit: "merge"; segments: string[]; name?: string }
  | { edit: "split"; segment: string; into?: number }
  | { edit: "move"; at: number[]; to: string }
  | { edit: "create"; at: number[]; name: string }
  | { edit: "parent"; segment: string; name: string }
  | { edit: "freeze" | "thaw" | "undo" | "redo" }
  | { edit: "level"; groups: number };
