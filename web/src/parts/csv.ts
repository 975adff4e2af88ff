/** Tables of text read from CSV, and written so that they open safely in a spreadsheet. */

export interface CsvTable {
  columns: string[];
  /** As many cells in each as there are columns. */
  rows: string[][];
  delimiter: string;
  /** What a person should know, one sentence each. */
  notes: string[];
}

const DELIMITERS = [",", ";", "\t", "|"];
const LOOKED_AT = 50; // records by which the delimiter is told

/**
 * Read a table whose first record names the columns. Quotes may hold delimiters, doubled quotes and
 * line breaks; records may end with LF, CRLF or CR; blank lines are left out.
 */
export function readCsv(text: string): CsvTable {
  const source = text.startsWith("\ufeff") ? text.slice(1) : text;
  const delimiter = delimiterOf(source);
  const { records, open } = split(source, delimiter);
  const head = records.shift() ?? [];
  const width = Math.max(head.length, 0);
  const notes: string[] = [];
  if (open) notes.push("A quote is not closed: all after it is in one cell. Check the end of the table.");
  const longer = records.filter((record) => record.length > width && record.slice(width).some(Boolean)).length;
  if (longer) {
    notes.push(
      `${longer === 1 ? "One row has" : `${longer.toLocaleString("en")} rows have`} more cells than there are columns: the cells beyond are left out.`,
    );
  }
  const rows = records.map((record) => Array.from({ length: width }, (_, at) => record[at] ?? ""));
  return { columns: distinct(head), rows, delimiter, notes };
}

/** Cut a text into records of cells. */
function split(text: string, delimiter: string, most = Infinity): { records: string[][]; open: boolean } {
  const records: string[][] = [];
  const end = text.length;
  let record: string[] = [];
  let at = 0;
  let open = false;
  while (at < end && records.length < most) {
    let cell = "";
    if (text[at] === '"') {
      at += 1;
      open = true;
      while (open && at < end) {
        const quote = text.indexOf('"', at);
        if (quote < 0) {
          cell += text.slice(at);
          at = end;
        } else if (text[quote + 1] === '"') {
          cell += text.slice(at, quote + 1);
          at = quote + 2;
        } else {
          cell += text.slice(at, quote);
          at = quote + 1;
          open = false;
        }
      }
    }
    // what follows a closing quote belongs to the cell, as in "a"b
    const start = at;
    while (at < end && text[at] !== delimiter && text[at] !== "\n" && text[at] !== "\r") at += 1;
    record.push(cell + text.slice(start, at));
    if (text[at] === delimiter) {
      at += 1;
      if (at < end) continue;
      record.push("");
    } else if (text[at] === "\r" && text[at + 1] === "\n") at += 2;
    else at += 1;
    if (record.length > 1 || record[0]) records.push(record);
    record = [];
  }
  return { records, open };
}

/** Tell the delimiter: the one that cuts the first records into the same number of cells, the more the better. */
function delimiterOf(text: string): string {
  let [best, most] = [",", 0];
  for (const delimiter of DELIMITERS) {
    const { records } = split(text, delimiter, LOOKED_AT);
    const width = records[0]?.length ?? 0;
    if (width < 2) continue;
    const even = records.filter((record) => record.length === width).length / records.length;
    const merit = even + Math.min(width, 50) / 1000;
    if (merit > most) [best, most] = [delimiter, merit];
  }
  return best;
}

/** Give each column a name, and no two the same. */
function distinct(head: string[]): string[] {
  const seen = new Set<string>();
  return head.map((name, at) => {
    const plain = name.trim() || `column ${at + 1}`;
    let own = plain;
    for (let number = 2; seen.has(own); number += 1) own = `${plain} (${number})`;
    seen.add(own);
    return own;
  });
}

/** Decode a file: UTF-8 and UTF-16 by their marks, UTF-8 where it is sound, else Windows-1252. */
export function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

export type CsvCell = string | number | boolean | null | undefined;

/** Write a table as CSV. Text that a spreadsheet would run as a formula gets an apostrophe before it. */
export function writeCsv(columns: string[], rows: CsvCell[][]): string {
  return [columns, ...rows].map((row) => row.map(written).join(",") + "\r\n").join("");
}

function written(cell: CsvCell): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "string") return String(cell);
  const safe = neutralise(cell).replaceAll(/\r\n?/g, "\n");
  return /[",\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Put an apostrophe before text that a spreadsheet would run as a formula; the same as in the service's files. */
export function neutralise(cell: string): string {
  return FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
}

const FORMULA = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Offer a file for download. */
export function download(name: string, content: string, type = "text/csv;charset=utf-8"): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
