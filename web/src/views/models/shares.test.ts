import { expect, test } from "vitest";
import { withShare } from "./shares";

const three = [9, 3, 1].map((weight, at) => ({ model: "m", version: at + 1, weight }));

test("a share is taken from the others in proportion", () => {
  const weights = withShare(three, 0, 0.2).map((each) => each.weight);
  expect(weights[0]).toBe(20);
  expect(weights[1]).toBe(60);
  expect(weights[2]).toBe(20);
});

test("nobody loses all, and one alone keeps all", () => {
  for (const each of withShare(three, 1, 1)) expect(each.weight).toBeGreaterThan(0);
  expect(withShare(three.slice(0, 1), 0, 0.5)).toEqual(three.slice(0, 1));
});
