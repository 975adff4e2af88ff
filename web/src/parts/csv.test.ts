import { expect, test } from "vitest";
import { decode, neutralise, readCsv, writeCsv } from "./csv";

test("quotes hold delimiters, quotes and line breaks", () => {
  const table = readCsv('id,text\r\n1,"a, ""b""\r\nc"\r\n2,plain\r\n');
  expect(table.columns).toEqual(["id", "text"]);
  expect(table.rows).toEqual([
    ["1", 'a, "b"\r\nc'],
    ["2", "plain"],
  ]);
  expect(table.notes).toEqual([]);
});

test("the delimiter is told by the records, not by the texts", () => {
  expect(readCsv("id;text\n1;one, two, three\n2;four\n").rows).toEqual([
    ["1", "one, two, three"],
    ["2", "four"],
  ]);
  expect(readCsv("a\tb\n1\t2\n").delimiter).toBe("\t");
  expect(readCsv("text\nonly one column, with commas\n").columns).toEqual(["text"]);
});

test("a mark at the start, old line ends, blank lines and a missing last line end", () => {
  const table = readCsv("\ufeffa,b\r1,2\r\r3,4");
  expect(table.columns).toEqual(["a", "b"]);
  expect(table.rows).toEqual([
    ["1", "2"],
    ["3", "4"],
  ]);
});

test("rows have as many cells as there are columns, and what is left out is told", () => {
  const table = readCsv("a,b\n1\n1,2,3\n1,\n");
  expect(table.rows).toEqual([
    ["1", ""],
    ["1", "2"],
    ["1", ""],
  ]);
  expect(table.notes).toHaveLength(1);
});

test("a quote that is not closed is told", () => {
  expect(readCsv('a,b\n1,"open\n2,x\n').notes).toHaveLength(1);
});

test("columns without a name, and two of one name", () => {
  expect(readCsv("a,,a\n1,2,3\n").columns).toEqual(["a", "column 2", "a (2)"]);
});

test("nothing is no table", () => {
  expect(readCsv("")).toMatchObject({ columns: [], rows: [] });
});

test("formulas of spreadsheets are made harmless, numbers are kept", () => {
  for (const cell of ["=1+1", "+49 30", " -cmd", "@x", "\tx"]) expect(neutralise(cell)).toBe(`'${cell}`);
  for (const cell of ["-12.5", "+3e4", "a=b", "", "don't"]) expect(neutralise(cell)).toBe(cell);
});

test("what is written is read again", () => {
  const rows = [
    ["a,b", 'say "hi"', "two\nlines"],
    [" edge ", "", "ünïcödé 😀"],
  ];
  expect(readCsv(writeCsv(["x", "y", "z"], rows)).rows).toEqual(rows);
});

test("encodings", () => {
  expect(decode(new TextEncoder().encode("é"))).toBe("é");
  expect(decode(new Uint8Array([0xe9]))).toBe("é");
  expect(decode(new Uint8Array([0xff, 0xfe, 0x41, 0x00]))).toBe("A");
});
