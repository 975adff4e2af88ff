/** Steps of an axis of time: where its ticks are, and what they say. */

import type { Every } from "../api/watching";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
export const STEP: Record<Every, number> = { minute: MINUTE, hour: HOUR, day: DAY };

const MOST_TICKS = 6;
const ROUND = [
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14].map((days) => days * DAY),
];
const ROUND_MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12_000];
const MONTH = 30.4 * DAY; // about
const MONDAY = 4 * DAY; // the first one after 1970 began

export interface TimeTick {
  time: number;
  text: string;
}

/** Times that are round where the reader is, or in UTC for days, which are those of UTC. */
export function timeTicks(low: number, high: number, every: Every): TimeTick[] {
  const away = (time: number) => (every === "day" ? 0 : new Date(time).getTimezoneOffset() * MINUTE);
  const begin = low - away(low); // as a clock on the wall shows it
  const end = high - away(high);
  const step = ROUND.find((each) => each >= STEP[every] && (end - begin) / each < MOST_TICKS);
  const walls = step ? rounds(begin, end, step) : months(begin, end);
  return walls
    .map((wall) => ({ time: wall + away(wall + away(wall)), text: tickText(wall, step ?? MONTH) }))
    .filter(({ time }) => time >= low && time <= high);
}

/** A step by its beginning, with its date. */
export function stepText(time: number, every: Every): string {
  const day: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
  const options: Intl.DateTimeFormatOptions =
    every === "day" ? { ...day, year: "numeric", timeZone: "UTC" } : { ...day, hour: "2-digit", minute: "2-digit" };
  return new Date(time).toLocaleString("en-GB", options);
}

function rounds(begin: number, end: number, step: number): number[] {
  const from = step % (7 * DAY) ? 0 : MONDAY;
  const first = Math.ceil((begin - from) / step);
  const last = Math.floor((end - from) / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => from + (first + at) * step);
}

function months(begin: number, end: number): number[] {
  const step = ROUND_MONTHS.find((each) => (end - begin) / (each * MONTH) < MOST_TICKS) ?? 24_000;
  const date = new Date(begin);
  const first = Math.floor(((date.getUTCFullYear() - 2000) * 12 + date.getUTCMonth()) / step);
  return Array.from({ length: MOST_TICKS + 2 }, (_, at) => Date.UTC(2000, (first + at) * step));
}

function tickText(wall: number, step: number): string {
  const midnight = wall % DAY === 0;
  const options: Intl.DateTimeFormatOptions =
    step >= MONTH ? { month: "short", year: "numeric" } : midnight ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" };
  return new Date(wall).toLocaleString("en-GB", { ...options, timeZone: "UTC" });
}
