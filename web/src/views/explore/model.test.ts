import { expect, test } from "vitest";
import type { Points } from "../../api/arrow";
import { centresOf, countsOf, histogram, labelsOf, namesOf, placesOf, shownWithin } from "./model";

const segments = [
  { id: "s1", name: "one", parent: "", size: 2, colour: 4 },
  { id: "s2", name: "two", parent: "", size: 1, colour: 7 },
  { id: "s3", name: "none left", parent: "", size: 0, colour: 1 },
];
const points: Points = {
  meta: { rows: 5, tag: "t", segments, columns: [], time: null },
  x: new Float32Array([0, 2, 5, NaN, 9]),
  y: new Float32Array([0, 4, 5, NaN, 9]),
  segment: new Int32Array([0, 0, 1, 1, -1]),
  confidence: new Float32Array(5),
  time: null,
};

test("a centre is the mean of the rows that are on the map", () => {
  expect([...centresOf(points)]).toEqual([1, 2, 5, 5, NaN, NaN]);
});

test("a segment without a row has no name on the map", () => {
  const labels = labelsOf(namesOf(points, null), centresOf(points), false);
  expect(labels.map((label) => label.id)).toEqual(["s1", "s2"]);
});

test("names are those of now, not those the points were sent with", () => {
  const now = { segments: [{ ...segments[0], name: "renamed" }] } as never;
  expect(namesOf(points, now).map((each) => each.name)).toEqual(["renamed", "two", "none left"]);
});

test("rows are chosen and counted by code", () => {
  expect([...placesOf(points.segment, 1)]).toEqual([2, 3]);
  expect(countsOf(points.segment, 2)).toEqual([
    { code: 0, rows: 2 },
    { code: 1, rows: 2 },
  ]);
});

test("a range of time includes both ends and no row without a time", () => {
  const time = new Float64Array([1, 5, 9, NaN]);
  expect([...shownWithin(time, 1, 5)]).toEqual([1, 1, 0, 0]);
  expect(histogram(time, 1, 9, 2)).toEqual([1, 2]);
});
