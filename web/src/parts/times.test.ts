import { afterEach, expect, test, vi } from "vitest";
import { STEP, stepText, timeTicks } from "./times";

afterEach(() => vi.unstubAllEnvs());

const texts = (from: string, to: string, every: keyof typeof STEP) => timeTicks(Date.parse(from), Date.parse(to), every).map(({ text }) => text);

test("an hour by the minute has ticks at round minutes, also across midnight", () => {
  vi.stubEnv("TZ", "UTC");
  expect(texts("2026-02-01T10:24:00Z", "2026-02-01T11:23:37Z", "minute")).toEqual(["10:30", "10:40", "10:50", "11:00", "11:10", "11:20"]);
  expect(texts("2026-01-31T23:24:00Z", "2026-02-01T00:23:37Z", "minute")).toContain("1 Feb");
});

test("a day and a week by the hour have ticks at round times of the reader", () => {
  vi.stubEnv("TZ", "Asia/Kolkata"); // half an hour off
  const ticks = timeTicks(Date.parse("2026-02-01T10:24:00Z"), Date.parse("2026-02-02T10:23:37Z"), "hour");
  expect(ticks.map(({ text }) => text)).toEqual(["18:00", "2 Feb", "06:00", "12:00"]);
  expect(new Date(ticks[1]?.time ?? 0).toISOString()).toBe("2026-02-01T18:30:00.000Z");
  const week = texts("2026-02-01T10:24:00Z", "2026-02-08T10:23:37Z", "hour");
  expect(week.length).toBeGreaterThan(2);
  for (const text of week) expect(text).toMatch(/^\d Feb$/);
});

test("midnights are midnights before and after the clocks change", () => {
  vi.stubEnv("TZ", "Europe/Berlin");
  const ticks = timeTicks(Date.parse("2026-03-26T10:24:00Z"), Date.parse("2026-04-01T10:23:37Z"), "hour");
  expect(ticks.length).toBeGreaterThan(2);
  for (const { time } of ticks) expect([new Date(time).getHours(), new Date(time).getMinutes()]).toEqual([0, 0]);
});

test("days are those of UTC wherever the reader is", () => {
  vi.stubEnv("TZ", "America/New_York");
  const ticks = timeTicks(Date.parse("2026-01-05T10:24:00Z"), Date.parse("2026-02-04T10:23:37Z"), "day");
  expect(ticks.map(({ text }) => text)).toEqual(["12 Jan", "19 Jan", "26 Jan", "2 Feb"]); // Mondays
  for (const { time } of ticks) expect(time % STEP.day).toBe(0);
  expect(stepText(Date.parse("2026-02-01T00:00:00Z"), "day")).toBe("1 Feb 2026");
});

test("any span has some ticks, but few, and none outside", () => {
  vi.stubEnv("TZ", "UTC");
  for (let minutes = 12; minutes < 5e9; minutes *= 1.3) {
    for (const end of ["2026-02-01T11:23:37Z", "9999-01-02T00:00:00Z"]) {
      const high = Date.parse(end);
      const low = high - minutes * STEP.minute;
      const found = timeTicks(low, high, minutes <= 200 ? "minute" : minutes <= 200 * 60 ? "hour" : "day");
      expect(found.length, `${minutes} minutes`).toBeGreaterThan(0);
      expect(found.length).toBeLessThanOrEqual(7);
      for (const { time } of found) expect(time >= low && time <= high).toBe(true);
    }
  }
});

test("years have ticks at round months and years", () => {
  expect(texts("2024-05-03T00:00:00Z", "2026-02-01T00:00:00Z", "day")).toEqual(["Jul 2024", "Jan 2025", "Jul 2025", "Jan 2026"]);
  expect(texts("1970-01-01T00:00:00Z", "9999-01-02T00:00:00Z", "day")).toEqual(["Jan 2000", "Jan 4000", "Jan 6000", "Jan 8000"]);
});
