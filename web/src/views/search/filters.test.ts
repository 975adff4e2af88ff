import { expect, test } from "vitest";
import type { SearchColumn } from "../../api/search";
import { conditionOf, controlOf, examplesOf, nameOf, sayChoice, slotsOf, textOf, whereOf } from "./filters";

function column(name: string, kind: SearchColumn["kind"], more: Partial<SearchColumn> = {}): SearchColumn {
  return { name, kind, values: [], levels: [], low: null, high: null, missing: 0, ...more };
}

const sector = column("sector", "text", { values: ["Health", "Tech", "Retail"] });
const age = column("annual income?", "number", { low: 0, high: 100 });
const joined = column("joined", "date", { low: "2023-01-01", high: "2024-12-31" });
const interests = column("interests", "tags", { values: ["AI", "art"] });
const employed = column("employed", "truth");

test("conditions are written in the language of filters", () => {
  expect(conditionOf(sector, { values: ["Health"] })).toBe("sector = 'Health'");
  expect(conditionOf(sector, { values: ["Health", "Tech"] })).toBe("sector IN ('Health', 'Tech')");
  expect(conditionOf(interests, { values: ["AI", "art"] })).toBe("(interests HAS 'AI' OR interests HAS 'art')");
  expect(conditionOf(age, { from: "20", to: "30.5" })).toBe('"annual income?" BETWEEN 20 AND 30.5');
  expect(conditionOf(joined, { from: "2024-01-01" })).toBe("joined >= '2024-01-01'");
  expect(conditionOf(employed, { is: false, missing: true })).toBe("(employed = FALSE OR employed IS NULL)");
});

test("quotes in names and values cannot end them", () => {
  expect(nameOf('say "x"')).toBe('"say ""x"""');
  expect(nameOf("date")).toBe('"date"');
  expect(nameOf("prix.moyen")).toBe("prix.moyen");
  expect(textOf("it's' OR 1=1")).toBe("'it''s'' OR 1=1'");
});

test("choices are joined, and a typed expression keeps its own order", () => {
  const columns = [sector, age];
  expect(whereOf(columns, {})).toBe("");
  expect(whereOf(columns, { sector: { values: [] } })).toBe("");
  expect(whereOf(columns, {}, " age > 3 OR x ")).toBe("age > 3 OR x");
  expect(whereOf(columns, { sector: { values: ["Tech"] } }, "a OR b")).toBe("(a OR b) AND sector = 'Tech'");
});

test("a choice is said in words", () => {
  expect(sayChoice(sector, { values: ["Health", "Tech"] })).toBe("sector is Health or Tech");
  expect(sayChoice(age, { from: "20000" })).toBe("annual income? ≥ 20,000");
});

test("free text is searched for words, and not listed", () => {
  expect(controlOf(sector)).toBe("values");
  expect(controlOf(column("note", "text", { values: ["a long sentence ".repeat(9)] }))).toBe("contains");
  expect(controlOf(column("note", "text"))).toBe("contains");
});

test("no two values of the categories have one colour", () => {
  const slots = Object.values(slotsOf([sector, age, interests])).flatMap((each) => Object.values(each));
  expect(new Set(slots).size).toBe(5);
  expect(slotsOf([sector], new Set([0, 2])).sector).toEqual({ Health: 1, Tech: 3, Retail: 4 });
});

test("examples are made of the columns there are", () => {
  expect(examplesOf([])).toEqual([]);
  expect(examplesOf([column("urgency", "text", { values: ["low", "high"], levels: ["low", "high"] })])).toEqual(["high urgency"]);
});
