import { expect, test } from "vitest";
import type { Indicator } from "../../api/models";
import { partsOf, strength } from "./evidence";

function indicator(effect: number, ...spans: [number, number, number?][]): Indicator {
  return {
    text: "",
    effect,
    outcome: "won",
    source: "passage",
    evidence: spans.map(([start, end, own]) => ({ source: "text", start, end, ...(own === undefined ? {} : { effect: own }) })),
  };
}

test("a text without evidence is one part", () => {
  expect(partsOf("abc", [])).toEqual([{ text: "abc", effect: null }]);
  expect(partsOf("", [])).toEqual([]);
});

test("words count before the passage they are in", () => {
  expect(partsOf("ab cd ef", [indicator(1, [0, 5], [3, 5, -2])])).toEqual([
    { text: "ab ", effect: 1 },
    { text: "cd", effect: -2 },
    { text: " ef", effect: null },
  ]);
});

test("places count characters, and not their halves", () => {
  expect(partsOf("😀 yes", [indicator(1, [2, 5])])).toEqual([
    { text: "😀 ", effect: null },
    { text: "yes", effect: 1 },
  ]);
});

test("all of the text is there, whatever the places", () => {
  const text = "short";
  const parts = partsOf(text, [indicator(1, [3, 99], [-4, 1], [2, 2])]);
  expect(parts.map((part) => part.text).join("")).toBe(text);
});

test("the strongest effect has the strongest mark", () => {
  const parts = partsOf("abc", [indicator(3, [0, 1]), indicator(-1, [1, 2])]);
  expect(strength(3, parts)).toBe(3);
  expect(strength(-0.5, parts)).toBe(1);
});
