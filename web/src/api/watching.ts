/** What was predicted, how well it does, and which rows to label. */
import { get } from "./client";
import type { PageData } from "./page";

export interface Latency {
  p50_ms: number | null;
  p90_ms: number | null;
  p95_ms?: number | null;
  p99_ms: number | null;
  count: number;
}

export interface Accuracy {
  truths: number;
  right: number;
  accuracy: number | null;
  low: number | null;
  high: number | null;
}

export interface ModelFigures {
  model: string | null;
  version: number | null;
  role: string;
  predictions: number;
  errors: number;
  latency: Latency;
  accuracy: Accuracy;
}

export interface ProcessLoad {
  started: string;
  workers: { pid: number; cpu_seconds: number; memory_bytes: number; threads: number }[];
  cpu_percent_of_machine: number;
  memory_bytes: number;
  machine_memory_percent: number;
  waiting_rows: number;
}

/** What use is counted by: whole minutes, hours or days of UTC. */
export type Every = "minute" | "hour" | "day";

export interface Period {
  time: string;
  requests: number;
  predictions: number;
  errors: number;
}

/** What the log says; absent where nothing is logged. */
export interface Logged {
  since: string | null;
  until: string | null;
  requests: number;
  predictions: number;
  shadows: number;
  errors: Record<string, number>;
  latency: Latency;
  accuracy: Accuracy;
  calibration: {
    ece: number | null;
    over_confidence: number | null;
    truths: number;
    bins: { low: number; high: number; truths: number; confidence: number | null; accuracy: number | null }[];
  };
  models: ModelFigures[];
  labels: Record<string, number>;
  statuses: Record<string, number>;
  every: Every;
  traffic: Period[];
}

export type Performance = { process: ProcessLoad } & Partial<Logged>;

export function readPerformance(asked: { since?: string | null; model?: string | null }, stop?: AbortSignal): Promise<Performance> {
  return get<Performance>("/performance", { since: asked.since ?? null, model: asked.model ?? null }, stop);
}

/** Whether the service keeps a log. */
export function isLogged(performance: Performance): performance is { process: ProcessLoad } & Logged {
  return performance.requests !== undefined;
}

export interface Drift {
  available: boolean;
  /** Why it is not available. */
  reason?: string;
  page: PageData | null;
  words: string[];
}

export function readDrift(model: string | null, stop?: AbortSignal): Promise<Drift> {
  return get<Drift>("/v1/drift", { model }, stop);
}

/** A logged row whose truth would teach the model most; its other keys are columns. */
export interface RowToLabel {
  prediction_id: string;
  text?: string | null;
  predicted: string | number | null;
  name?: string | null;
  confidence: number | null;
  status: string;
  like: number | null;
  reason: string;
  [column: string]: unknown;
}

export function rowsToLabel(model: string, n: number, stop?: AbortSignal): Promise<RowToLabel[]> {
  return get<RowToLabel[]>("/v1/to-label", { model, n }, stop);
}

export interface Entry {
  id: string;
  time: string;
  request: string | null;
  route: string | null;
  model: string | null;
  version: number | null;
  role: "answer" | "shadow";
  answer_id: string | null;
  person: string | null;
  label: string | null;
  confidence: number | null;
  status: string | null;
  probabilities: Record<string, number> | null;
  seconds: number | null;
  wait_seconds: number | null;
  context: Record<string, unknown> | null;
  text: string | null;
  text_length: number | null;
  text_hash: string | null;
  error: string;
  encoder: string | null;
  segment: string | null;
  extra: Record<string, unknown> | null;
  truth: string | null;
}

export interface EntryPage {
  entries: Entry[];
  /** Cursor of the next page. */
  next: string | null;
}

export type EntryFilters = Partial<
  Record<"since" | "until" | "model" | "version" | "label" | "status" | "person" | "role" | "has_feedback" | "correct" | "errors" | "after", string | null>
>;

export function readLog(filters: EntryFilters, limit: number, stop?: AbortSignal): Promise<EntryPage> {
  return get<EntryPage>("/logs", { ...filters, limit }, stop);
}
