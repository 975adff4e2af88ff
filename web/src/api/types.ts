/** What the service sends and takes: by its OpenAPI document, and by hand what that does not hold. */
import type { components } from "./openapi";

type Schemas = components["schemas"];

export type Session = Schemas["SessionAnswer"];
export type Problem = Schemas["Problem"];

export type Progress = Schemas["ProgressAnswer"];
/** A job, with what it comes to. */
export type Job<T = Record<string, unknown>> = Pick<Schemas["JobAnswer"], "id" | "kind" | "state" | "error"> & {
  progress: Partial<Progress>;
  result: T | null;
};

export type Project = Schemas["ProjectAnswer"];
export type State = Project["state"];
export type Preview = Schemas["PreviewAnswer"];
export type PreviewColumn = Schemas["PreviewColumn"];
export type ColumnKind = PreviewColumn["kind"];
/** Which column is which. */
export type Columns = Schemas["Guess"];
export type DiscoverChoice = Partial<Schemas["ColumnsChosen"]> & Pick<Schemas["ColumnsChosen"], "text" | "encoder">;
export type EncoderChoice = DiscoverChoice["encoder"];

export type TrainChoice = Pick<Schemas["TrainRequest"], "name" | "labels" | "kind">;
export type ModelKind = TrainChoice["kind"];
/** What a training comes to. */
export interface Trained {
  model: string;
  version: string | number;
  accuracy: number | null;
}

export type Row = Schemas["ProjectRow"];
export type RowsPage = Schemas["RowsPage"];
export type RowOrder = Schemas["RowsRequest"]["order"];
export type Segment = Schemas["SegmentAnswer"];
export type Segments = Schemas["SegmentsAnswer"];
export type Edited = Schemas["EditedAnswer"];
export type Change = Schemas["ChangeAnswer"];

/** An edit with what it takes. */
export type Edit =
  | { edit: "rename"; segment: string; name: string; description?: string }
  | { edit: "merge"; segments: string[]; name?: string }
  | { edit: "split"; segment: string; into?: number }
  | { edit: "move"; at: number[]; to: string }
  | { edit: "create"; at: number[]; name: string }
  | { edit: "parent"; segment: string; name: string }
  | { edit: "freeze" | "thaw" | "undo" | "redo" }
  | { edit: "level"; groups: number };

/** Of the Arrow stream of points, in its schema's metadata. */
export interface PointsMeta {
  rows: number;
  tag: string;
  segments: { id: string; name: string; parent: string; size: number; colour: number }[];
  columns: { name: string; kind: "category" | "number" | "date" }[];
  time: [number, number] | null;
}

/** Of the stream of one column. */
export interface ColumnMeta {
  name: string;
  kind: "category" | "number" | "date";
  categories: string[];
  low: number | null;
  high: number | null;
}

/** Of the stream of rows that were found. */
export interface FoundMeta {
  of: number;
  count: number;
}
