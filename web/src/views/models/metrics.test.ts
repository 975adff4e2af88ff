import { expect, test } from "vitest";
import { better, metricKeys, metricOf, metricText } from "./metrics";

test("more of an accuracy is better, less of an error, and a count is neither", () => {
  expect(better("accuracy", 0.7, 0.8)).toBe(1);
  expect(better("ece", 0.7, 0.8)).toBe(-1);
  expect(better("rows", 7, 8)).toBe(0);
  expect(better("accuracy", undefined, 0.8)).toBe(0);
  expect(better("accuracy", 0.8, 0.8)).toBe(0);
});

test("figures that are not known keep their name", () => {
  expect(metricOf("my_figure").name).toBe("my figure");
  expect(metricText("accuracy", 0.1234)).toBe("12.3%");
  expect(metricText("auc", 0.8355)).toBe("0.836");
});

test("all figures are there once, the known ones first", () => {
  expect(metricKeys({ zeta: 1, auc: 1 }, { accuracy: 1, auc: 2 })).toEqual(["accuracy", "auc", "zeta"]);
});
