import { float32, int32, tableFromArrays, tableToIPC, uint32 } from "@uwdata/flechette";
import { expect, test } from "vitest";
import { columnOf, placesOf, pointsOf } from "./arrow";

function stream(columns: Record<string, ArrayLike<number>>, types: Record<string, never>, about: unknown): Uint8Array {
  const table = tableFromArrays(columns as never, { types });
  table.schema.metadata = new Map([["coterie", JSON.stringify(about)]]);
  return tableToIPC(table, { format: "stream" }) as Uint8Array;
}

const types = { x: float32(), y: float32(), segment: int32(), confidence: float32(), value: int32(), place: uint32() } as never;

test("points come as one array a column, with what they mean", () => {
  const columns = { x: [0.5, NaN], y: [1, 2], segment: [0, -1], confidence: [0.25, 0.5] };
  const points = pointsOf(stream(columns, types, { rows: 2, segments: [], columns: [], time: null }));
  expect(points.x).toEqual(new Float32Array([0.5, NaN]));
  expect(points.segment).toEqual(new Int32Array([0, -1]));
  expect([points.meta.rows, points.time]).toEqual([2, null]);
});

test("categories are codes, and numbers are numbers", () => {
  const codes = columnOf(stream({ value: [1, -1] }, types, { name: "channel", kind: "category", categories: ["a", "b"] }));
  expect(codes).toMatchObject({ kind: "category", codes: new Int32Array([1, -1]) });
  const ages = columnOf(stream({ value: [31, 44] }, {} as never, { name: "age", kind: "number", categories: [], low: 31, high: 44 }));
  expect(ages).toMatchObject({ kind: "number", values: new Float64Array([31, 44]) });
});

test("nothing found is an empty array", () => {
  expect(placesOf(stream({ place: [] }, types, { of: 9, count: 0 })).places).toEqual(new Uint32Array(0));
});

test("a stream that was cut off is an error with a remedy", () => {
  expect(() => pointsOf(new Uint8Array([1, 2, 3]))).toThrow(/Try again/);
});
