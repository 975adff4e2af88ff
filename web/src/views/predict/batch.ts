/** A table sent in parts to be classified: one answer for each of its rows, whatever happens. */
import { ApiError, isAbort } from "../../api/client";
import type { ClassifyAnswer, RowAnswer, RowGiven } from "../../api/models";

/** Rows of a request at most, and characters. */
export const MOST_ROWS = 200;
const MOST_CHARACTERS = 400_000;
const TRIES = 6;

export type Send = (rows: RowGiven[]) => Promise<ClassifyAnswer>;

export interface Progress {
  done: number;
  total: number;
}

export interface Outcome {
  /** As many as there are rows; null for those that were not reached. */
  answers: (RowAnswer | null)[];
  models: string[];
  /** What stopped it before the end. */
  error: unknown;
}

/** Cut rows into requests: from which row to which. */
export function requestsOf(rows: RowGiven[], rowsAtMost = MOST_ROWS, charactersAtMost = MOST_CHARACTERS): [number, number][] {
  const found: [number, number][] = [];
  let start = 0;
  let characters = 0;
  rows.forEach((row, at) => {
    const length = row.text?.length ?? 0;
    if (at > start && (at - start >= rowsAtMost || characters + length > charactersAtMost)) {
      found.push([start, at]);
      [start, characters] = [at, 0];
    }
    characters += length;
  });
  if (rows.length > start) found.push([start, rows.length]);
  return found;
}

/**
 * Classify rows part by part. A part that is refused is halved, so that one bad row costs no other
 * its answer; a busy service is asked again later.
 */
export async function classifyAll(
  rows: RowGiven[],
  send: Send,
  onProgress: (progress: Progress) => void,
  { before = [], wait = pause }: { before?: (RowAnswer | null)[]; wait?: (seconds: number) => Promise<void> } = {},
): Promise<Outcome> {
  const answers: (RowAnswer | null)[] = rows.map((_, at) => before[at] ?? null);
  const models = new Set<string>();
  const ask = async (start: number, end: number): Promise<void> => {
    try {
      const answer = await patiently(() => send(rows.slice(start, end)), wait);
      answer.predictions.forEach((each, at) => {
        models.add(each.model_used);
        answers[start + at] = each;
      });
    } catch (error) {
      if (!(error instanceof ApiError) || ![413, 422].includes(error.status)) throw error;
      if (end - start === 1) {
        answers[start] = { id: rows[start]?.id ?? String(start + 1), prediction_id: null, model_used: "", label: null, status: "set aside", reason: error.detail };
        return;
      }
      const middle = (start + end) >> 1;
      await ask(start, middle);
      await ask(middle, end);
    }
  };
  let error: unknown = null;
  const told = () => onProgress({ done: answers.filter(Boolean).length, total: rows.length });
  told();
  try {
    for (const [start, end] of requestsOf(rows)) {
      if (answers.slice(start, end).every(Boolean)) continue;
      await ask(start, end);
      told();
    }
  } catch (problem) {
    if (!isAbort(problem)) error = problem;
  }
  return { answers, models: [...models], error };
}

async function patiently<T>(ask: () => Promise<T>, wait: (seconds: number) => Promise<void>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      const busy = error instanceof ApiError && [429, 503].includes(error.status);
      if (!busy || attempt === TRIES) throw error;
      await wait(0.5 * 2 ** attempt);
    }
  }
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** Guess which column holds the ids of the customers; empty where none is named so. */
export function customerColumn(columns: string[]): string {
  return columns.find((name) => /^(customer|client|user|person|member|account)([ _-]?(id|number|no))?$/i.test(name.trim())) ?? "";
}

/** Guess which column holds the texts: the one named so, else the one with the longest cells. */
export function textColumn(columns: string[], rows: string[][]): string {
  const named = columns.find((name) => /^(text|message|transcript|conversation|comment|body|content|query|utterance)$/i.test(name));
  if (named) return named;
  const some = rows.slice(0, 50);
  const length = (at: number) => some.reduce((sum, row) => sum + (row[at]?.length ?? 0), 0);
  const order = columns.map((_, at) => at).sort((a, b) => length(b) - length(a));
  return columns[order[0] ?? 0] ?? "";
}
