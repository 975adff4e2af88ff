/** Search in words, by example and by filter, in the index of a project. */
import { get, ofProject, post } from "./client";

export type SearchKind = "text" | "tags" | "number" | "truth" | "date";

export interface SearchColumn {
  name: string;
  kind: SearchKind;
  /** Of text and tags: the different values, the most frequent first; perhaps only the first of them. */
  values: string[];
  /** How many rows have each of `values`, where that is told. */
  counts?: number[];
  /** Of text: the values in their order, the lowest first, where they have one. */
  levels: string[];
  low: number | string | null;
  high: number | string | null;
  missing: number;
}

/** A filter that a search used. */
export interface ShownFilter {
  /** As a person reads it. */
  text: string;
  /** As it is typed. */
  expression: string;
  /** The words of the query that state it; "" where it was given. */
  words: string;
  note: string;
}

export interface Hit {
  rank: number;
  id: string;
  /** 0 to 1: how close it is for this index. */
  match: number | null;
  cosine: number | null;
  found_by: "meaning" | "words" | "both" | "filter";
  why: string[];
  text: string;
  /** Its place on the map. */
  at: number | null;
  segment: string | null;
  columns: Record<string, unknown>;
}

export interface SearchPlan {
  method: string;
  why: string;
  rows: number;
  matches: number;
  exact: boolean;
  recall: number | null;
}

export interface SearchAnswer {
  query: string;
  filters: ShownFilter[];
  rest: string;
  hits: Hit[];
  plan: SearchPlan;
  seconds: Record<string, number>;
  doubts: string[];
}

export interface SearchWanted {
  query?: string;
  where?: string;
  drop?: string[];
  like?: string[];
  unlike?: string[];
  by?: "both" | "meaning" | "words";
  one_per?: string;
  k?: number;
}

export function searchColumns(project: string, stop?: AbortSignal): Promise<SearchColumn[]> {
  return get<SearchColumn[]>(ofProject(project, "columns"), {}, stop);
}

export async function searchRows(project: string, wanted: SearchWanted, stop?: AbortSignal): Promise<SearchAnswer> {
  const options = stop ? { signal: stop } : {};
  const found = await post<Omit<SearchAnswer, "hits"> & { hits: Record<string, unknown>[] }>(
    ofProject(project, "search"),
    wanted,
    options,
  );
  return { ...found, hits: found.hits.map(hitOf) };
}

const OWN = new Set(["rank", "id", "match", "cosine", "found_by", "why", "shares", "text", "at", "segment", "columns"]);

/** Part what the search says of a row from the columns of the row. */
export function hitOf(row: Record<string, unknown>): Hit {
  const own = row.columns as Record<string, unknown> | undefined;
  const columns = own ?? Object.fromEntries(Object.entries(row).filter(([name]) => !OWN.has(name)));
  const number = (value: unknown) => (typeof value === "number" ? value : null);
  return {
    rank: number(row.rank) ?? 0,
    id: String(row.id),
    match: number(row.match),
    cosine: number(row.cosine),
    found_by: (row.found_by ?? "filter") as Hit["found_by"],
    why: reasonsOf(row.why),
    text: typeof row.text === "string" ? row.text : "",
    at: number(row.at),
    segment: typeof row.segment === "string" ? row.segment : null,
    columns,
  };
}

/** The reasons of a hit come as one text, each with its share of the rows at its end. */
function reasonsOf(why: unknown): string[] {
  if (Array.isArray(why)) return why.map((each) => (typeof each === "string" ? each : String((each as { text?: unknown }).text ?? "")));
  if (typeof why !== "string" || !why) return [];
  return why.split(/(?<=% of rows\)); /);
}
