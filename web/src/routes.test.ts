import { expect, test } from "vitest";
import { match, to } from "./routes";

test("a pattern gives the parts of a path", () => {
  expect(match("/p/:id/map", "/p/abc/map")).toEqual({ id: "abc" });
  expect(match("/", "/")).toEqual({});
});

test("a path of another shape does not fit", () => {
  expect(match("/p/:id/map", "/p/abc")).toBeNull();
  expect(match("/p/:id", "/p/")).toBeNull();
  expect(match("/models", "/predict")).toBeNull();
});

test("a name with a slash or a per cent sign comes back as it was", () => {
  for (const name of ["a/b", "100%", "ä ö?#", "v1.2", "~d.~~", ".."]) {
    expect(to("models", name)).not.toContain(".");
    expect(match("/models/:name", to("models", name))).toEqual({ name });
  }
  expect(match("/models/:name", "/models/100%")).toEqual({ name: "100%" });
});
