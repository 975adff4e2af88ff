/** Numbers, shares and times as a person reads them. */

const WHOLE = new Intl.NumberFormat("en");

export function count(value: number): string {
  return WHOLE.format(value);
}

/** 1 row, 2 rows. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A share of one as a percentage: 12%, 3.4%, under 0.1%. */
export function share(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const percent = value * 100;
  if (percent === 0) return "0%";
  if (percent < 0.1) return "<0.1%";
  return `${percent < 10 ? percent.toFixed(1).replace(/\.0$/, "") : percent.toFixed(percent > 99.5 && percent < 100 ? 1 : 0)}%`;
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let step = 0;
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000;
    step += 1;
  }
  return `${value >= 10 || step === 0 ? Math.round(value) : value.toFixed(1)} ${units[step]}`;
}

/** A length of time in words: "about 3 minutes". */
export function duration(seconds: number): string {
  if (seconds < 1.5) return "a second";
  if (seconds < 60) return `${Math.round(seconds)} seconds`;
  if (seconds < 90) return "a minute";
  if (seconds < 3600) return `${Math.round(seconds / 60)} minutes`;
  return `${(seconds / 3600).toFixed(1).replace(/\.0$/, "")} hours`;
}

/** When, near enough: "5 minutes ago", "3 May 2025". */
export function ago(when: string, now: number = Date.now()): string {
  const time = Date.parse(when);
  if (Number.isNaN(time)) return when;
  const seconds = (now - time) / 1000;
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86_400) return plural(Math.round(seconds / 3600), "hour") + " ago";
  if (seconds < 7 * 86_400) return plural(Math.round(seconds / 86_400), "day") + " ago";
  return day(time);
}

export function day(time: number | string): string {
  return new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

export function moment(time: number | string): string {
  return new Date(time).toLocaleString("en-GB", {
    day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
  });
}

/** A number with as many digits as help. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value)) return count(value);
  const size = Math.abs(value);
  return size >= 1000 ? count(Math.round(value)) : Number(value.toPrecision(3)).toString();
}

/** A share with a fixed number of decimals, as the HTML reports have it: 12.3%. */
export function percent(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return `${(value * 100).toFixed(digits).replace(/^-(?=0(?:\.0*)?$)/, "")}%`;
}

/** A text cut to `width` characters, with an ellipsis where something is missing. */
export function shorten(text: string, width: number): string {
  const flat = text.trim().replace(/\s+/g, " ");
  const letters = Array.from(flat);
  return letters.length <= width ? flat : `${letters.slice(0, width - 1).join("").trimEnd()}…`;
}
