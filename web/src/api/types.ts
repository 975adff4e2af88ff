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
  encoder: EncoderChoice;
  groups: number | null;
}

export type ModelKind = "linear" | "few-shot" | "contrastive" | "mlp" | "voting";

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
  segments: { id: string; name: string; parent: string | null; size: number }[];
  columns: { name: string; kind: "category" | "number" | "date" }[];
  time: [number, number] | null;
  palette: string[];
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
  parent: string | null;
  size: number;
  vanished: boolean;
  share: number;
  confidence: number | null;
  trend: number[];
}

export interface Segments {
  title: string;
  frozen: boolean;
  encoder: string;
  rows: number;
  outside: number;
  segments: Segment[];
  trend: { from: string; to: string; unit: string } | null;
  range: [number, number] | null;
  level: number;
  levels: number[];
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
