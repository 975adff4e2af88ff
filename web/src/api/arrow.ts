/** Arrow streams of a project's rows as typed arrays. */
import { tableFromIPC, type Table } from "@uwdata/flechette";
import { ApiError } from "./client";
import type { ColumnMeta, FoundMeta, PointsMeta } from "./types";

/** Every row of a project as a point; all arrays have one entry a row. */
export interface Points {
  meta: PointsMeta;
  x: Float32Array;
  y: Float32Array;
  /** Place in `meta.segments`, -1 in none. */
  segment: Int32Array;
  confidence: Float32Array;
  /** Milliseconds since 1970; null without a time. */
  time: Float64Array | null;
}

export type ColumnValues =
  | { kind: "category"; meta: ColumnMeta; codes: Int32Array }
  | { kind: "number" | "date"; meta: ColumnMeta; values: Float64Array };

export interface Found {
  meta: FoundMeta;
  places: Uint32Array;
}

function open<M>(bytes: Uint8Array): { table: Table; meta: M } {
  try {
    const table = tableFromIPC(bytes);
    return { table, meta: JSON.parse(table.schema.metadata?.get("coterie") ?? "{}") as M };
  } catch {
    throw new ApiError(0, "What the service sent could not be read: it may have been cut off. Try again.");
  }
}

type Typed = Float32Array | Float64Array | Int32Array | Uint32Array;

function read<T extends Typed>(table: Table, name: string, kind: { new (size: number): T; from(values: ArrayLike<number>): T }): T {
  const values: unknown = table.getChild(name)?.toArray();
  if (values instanceof kind) return values;
  return values ? kind.from(values as ArrayLike<number>) : new kind(0);
}

export function pointsOf(bytes: Uint8Array): Points {
  const { table, meta } = open<PointsMeta>(bytes);
  return {
    meta,
    x: read(table, "x", Float32Array),
    y: read(table, "y", Float32Array),
    segment: read(table, "segment", Int32Array),
    confidence: read(table, "confidence", Float32Array),
    time: meta.time ? read(table, "time", Float64Array) : null,
  };
}

export function columnOf(bytes: Uint8Array): ColumnValues {
  const { table, meta } = open<ColumnMeta>(bytes);
  if (meta.kind === "category") return { kind: "category", meta, codes: read(table, "value", Int32Array) };
  return { kind: meta.kind, meta, values: read(table, "value", Float64Array) };
}

export function placesOf(bytes: Uint8Array): Found {
  const { table, meta } = open<FoundMeta>(bytes);
  return { meta, places: read(table, "place", Uint32Array) };
}
