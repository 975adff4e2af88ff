/** Choices in the panel of filters, and the expression of Coterie's filter language that they make. */
import { figure, plural, shorten } from "../../parts/format";
import type { SearchColumn } from "../../api/search";

/** What is chosen of one column; what is absent does not count. */
export interface Choice {
  /** Of text and tags: any of these values. */
  values?: string[];
  /** Of free text: these words are in it. */
  contains?: string;
  /** Of numbers and dates: from and to, both included. */
  from?: string;
  to?: string;
  /** Of true and false. */
  is?: boolean;
  /** Rows without a value pass too; or, where nothing else is chosen, they alone. */
  missing?: boolean;
}

export type Choices = Record<string, Choice>;

const LONGEST = 48; // characters of a value that is one of a category
const CATEGORY = 200; // different values of a category, which are listed

/** How a column is filtered. */
export function controlOf(column: SearchColumn): "values" | "contains" | "range" | "dates" | "truth" {
  if (column.kind === "number") return "range";
  if (column.kind === "date") return "dates";
  if (column.kind === "truth") return "truth";
  if (column.kind === "tags") return column.values.length ? "values" : "contains";
  const some = column.values.slice(0, 20);
  const long = some.some((value) => value.length > LONGEST);
  return some.length && !long && column.values.length <= CATEGORY ? "values" : "contains";
}

/** Whether a choice filters anything. */
export function counts(choice: Choice | undefined): choice is Choice {
  if (!choice) return false;
  const { values, contains, from, to, is, missing } = choice;
  return Boolean(values?.length || contains?.trim() || from || to || is !== undefined || missing);
}

/** Write the expression of all choices; "" where nothing is chosen. */
export function whereOf(columns: SearchColumn[], choices: Choices, typed = ""): string {
  const parts = columns
    .filter((column) => counts(choices[column.name]))
    .map((column) => conditionOf(column, choices[column.name] as Choice));
  if (typed.trim()) parts.unshift(parts.length ? `(${typed.trim()})` : typed.trim());
  return parts.join(" AND ");
}

/** Write the condition of one column. */
export function conditionOf(column: SearchColumn, choice: Choice): string {
  const name = nameOf(column.name);
  const found: string[] = [];
  const { values = [], contains, from, to, is, missing } = choice;
  if (values.length && column.kind === "tags") found.push(...values.map((value) => `${name} HAS ${textOf(value)}`));
  else if (values.length === 1) found.push(`${name} = ${textOf(values[0] ?? "")}`);
  else if (values.length) found.push(`${name} IN (${values.map(textOf).join(", ")})`);
  if (contains?.trim()) found.push(`${name} CONTAINS ${textOf(contains.trim())}`);
  const end = (value: string) => (column.kind === "number" ? value : textOf(value));
  if (from && to) found.push(`${name} BETWEEN ${end(from)} AND ${end(to)}`);
  else if (from) found.push(`${name} >= ${end(from)}`);
  else if (to) found.push(`${name} <= ${end(to)}`);
  if (is !== undefined) found.push(`${name} = ${is ? "TRUE" : "FALSE"}`);
  if (missing) found.push(`${name} IS NULL`);
  return found.length > 1 ? `(${found.join(" OR ")})` : (found[0] ?? "");
}

/** Say a choice as a person reads it: `urgency is high or medium`. */
export function sayChoice(column: SearchColumn, choice: Choice): string {
  const { values = [], contains, from, to, is, missing } = choice;
  const found: string[] = [];
  if (values.length) found.push(`${column.kind === "tags" ? "include" : "is"} ${listed(values)}`);
  if (contains?.trim()) found.push(`contains “${shorten(contains, 40)}”`);
  const end = (value: string) => (column.kind === "number" ? figure(Number(value)) : value);
  if (from && to) found.push(`from ${end(from)} to ${end(to)}`);
  else if (from) found.push(column.kind === "date" ? `since ${from}` : `≥ ${end(from)}`);
  else if (to) found.push(column.kind === "date" ? `up to ${to}` : `≤ ${end(to)}`);
  if (is !== undefined) found.push(`is ${is ? "yes" : "no"}`);
  if (missing) found.push("is missing");
  return `${shorten(column.name, 40)} ${found.join(" or ")}`;
}

function listed(values: string[]): string {
  const shown = values.slice(0, 3).map((value) => shorten(value, 30));
  const more = values.length - shown.length;
  if (more > 0) shown.push(plural(more, "other"));
  const last = shown.pop() ?? "";
  return shown.length ? `${shown.join(", ")} or ${last}` : last;
}

const PLAIN = /^[A-Za-z_]\w*([.-]\w+)*$/;
const KEYWORDS = new Set("AND BETWEEN FALSE IN IS NOT NULL OR TRUE CONTAINS DATE HAS ILIKE LIKE".split(" "));

/** Write the name of a column, in double quotes where it may need them. */
export function nameOf(name: string): string {
  return PLAIN.test(name) && !KEYWORDS.has(name.toUpperCase()) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Write a text as a value. */
export function textOf(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

/** A column whose values are shown as coloured pills. */
export function isPill(column: SearchColumn): boolean {
  const few = column.values.length >= 2 && column.values.length <= 12;
  return few && (column.kind === "text" || column.kind === "tags") && controlOf(column) === "values";
}

/** Give each value of the categories a colour slot, the same wherever it is shown; none of those `taken`. */
export function slotsOf(columns: SearchColumn[], taken: ReadonlySet<number> = new Set()): Record<string, Record<string, number>> {
  let next = -1;
  const free = () => {
    do next += 1;
    while (taken.has(next));
    return next;
  };
  const slots: Record<string, Record<string, number>> = {};
  for (const column of columns) {
    if (!isPill(column)) continue;
    const own: Record<string, number> = {};
    for (const value of column.levels.length ? column.levels : column.values) {
      own[value] = free();
    }
    slots[column.name] = own;
  }
  return slots;
}

/** Make a few queries that the columns can answer. */
export function examplesOf(columns: SearchColumn[]): string[] {
  const levels = columns.filter((column) => column.levels.length > 1).map((column) => `${column.levels.at(-1)} ${plain(column.name)}`);
  const often = columns.flatMap((column) => column.values);
  const values = columns
    .filter((column) => isPill(column) && !column.levels.length && !DULL.test(column.name))
    .flatMap((column) => {
      const value = column.values.find((each) => often.indexOf(each) === often.lastIndexOf(each));
      // a short word alone, such as "small", says too little
      return value === undefined ? [] : [value.length < 6 ? `${value} ${plain(column.name)}` : value];
    });
  const numbers = columns
    .filter((column) => column.kind === "number" && typeof column.low === "number" && typeof column.high === "number")
    .filter((column) => Number(column.high) > Number(column.low))
    .map((column) => `${plain(column.name)} over ${Math.round((Number(column.low) + Number(column.high)) / 2)}`);
  const found = [
    [values[0], levels[0]].filter(Boolean).join(" with "),
    [values[1], numbers[0]].filter(Boolean).join(" with "),
    [values[2], levels[1] ?? values[3]].filter(Boolean).join(", "),
  ];
  return [...new Set(found.filter(Boolean))];
}

const DULL = /^(split|set|fold|role|id)$/i;

function plain(name: string): string {
  return name.replaceAll("_", " ");
}
