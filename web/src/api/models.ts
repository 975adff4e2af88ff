/** Models: what there is, which version answers, and what they predict. */
import type { PageData } from "./page";
import { signal } from "@preact/signals";
import { get, post, put, request } from "./client";

export interface ModelCard {
  name: string;
  kind: string;
  ready: boolean;
  /** Whether it answers for `auto`. */
  default: boolean;
  version: number | null;
  created: string | null;
  classes: string[];
  /** Class to its name, where classes are ids. */
  class_names: Record<string, string>;
  columns: string[];
  reads_text: boolean;
  metrics: Record<string, number>;
  fault: string | null;
}

export interface ModelVersion {
  version: number;
  active: boolean;
  loaded: boolean;
  kind: string;
  created: string | null;
  note: string;
  /** Their number, or their names. */
  classes: number | string[] | null;
  bytes: number | null;
  fault: string | null;
}

export interface Scores {
  name: string;
  version: number;
  page: PageData | null;
  metrics: Record<string, number>;
}

export interface Variant {
  model: string;
  version: number | null;
  weight: number;
}

export interface Traffic {
  variants: Variant[];
  shadow: Variant[];
}

export interface VersionComparison {
  design: string;
  verdict: "better" | "worse" | "no difference" | "not enough rows";
  difference: number | null;
  low: number | null;
  high: number | null;
  accuracy_a: number | null;
  accuracy_b: number | null;
  rows_a: number;
  rows_b: number;
  names: [string, string];
  sentence: string;
}

export const AUTO = "auto";

export type Cell = string | number | boolean | null;

export type Status = "assigned" | "ambiguous" | "outside" | "refused" | "set aside";

export interface Prediction {
  outcome: Cell;
  probability: number | null;
  confidence: number | null;
  status: Status;
  probabilities?: Record<string, number> | null;
  interval?: [number, number] | null;
  name?: string | null;
  reason?: string | null;
}

export interface Evidence {
  source: string;
  text?: string | null;
  start?: number | null;
  end?: number | null;
  speaker?: string | null;
  column?: string | null;
  name?: string | null;
  value?: unknown;
  effect?: number | null;
}

export interface Indicator {
  text: string;
  effect: number;
  outcome: string;
  source: string;
  evidence: Evidence[];
}

export interface Sentiment {
  label: string | null;
  score: number | null;
  speaker: string | null;
  speakers: Record<string, { label: string; score: number }>;
  reason: string | null;
  method: string | null;
}

export interface Analysis {
  sentiment: Sentiment | null;
  key_indicators: Indicator[];
  risk_factors: Indicator[];
  counter_indicators: Indicator[];
  positive: string | null;
  notes: string[];
}

export interface Recommendation {
  id: string;
  text: string;
  why: string | null;
  priority: number;
}

export interface SimilarConversation {
  id: string;
  match: number | null;
  cosine: number;
  outcome: Cell;
  text: string;
}

export interface PredictAnswer {
  prediction: Prediction;
  analysis: Analysis | null;
  recommendations: Recommendation[];
  similar_conversations: SimilarConversation[];
  model_used: string;
  processing_time: number;
}

export interface Influence {
  text: string;
  effect: number;
  column: string;
}

export interface Explanation {
  model_used: string;
  status: string;
  reason?: string;
  sentences?: string[];
}

export interface RowAnswer {
  id: string;
  prediction_id: string | null;
  model_used: string;
  label: Cell;
  status: Status;
  name?: string | null;
  confidence?: number | null;
  probabilities?: Record<string, number> | null;
  low?: number | null;
  high?: number | null;
  reason?: string | null;
}

export interface ClassifyAnswer {
  predictions: RowAnswer[];
}

export interface RowGiven {
  id?: string;
  text?: string;
  context?: Record<string, Cell>;
  customer_id?: string;
}

const part = encodeURIComponent;

export async function listModels(stop?: AbortSignal): Promise<ModelCard[]> {
  const { models } = await get<{ models: ModelCard[] }>("/models", {}, stop);
  classNames.value = Object.fromEntries(models.map((model) => [model.name, model.class_names]));
  return models;
}

/** Model to class to its name, of the models that were listed last. */
const classNames = signal<Record<string, Record<string, string>>>({});

/** Say a class in words, where it is an id: the model may be written with its version, "wants:3". */
export function nameOf(model: string | null, label: unknown): string {
  const said = String(label ?? "");
  const known = classNames.value[model ?? ""] ?? classNames.value[(model ?? "").split(":")[0] ?? ""];
  return known?.[said] || said;
}

export async function listVersions(name: string, stop?: AbortSignal): Promise<ModelVersion[]> {
  return (await get<{ versions: ModelVersion[] }>(`/v1/models/${part(name)}`, {}, stop)).versions;
}

export function readScores(name: string, version: number, stop?: AbortSignal): Promise<Scores> {
  return get<Scores>(`/v1/models/${part(name)}/versions/${version}/scores`, {}, stop);
}

export function activateVersion(name: string, version: number): Promise<unknown> {
  return post(`/v1/models/${part(name)}/activate`, { version });
}

export function rollBack(name: string): Promise<{ version: number }> {
  return post(`/v1/models/${part(name)}/rollback`);
}

export function readTraffic(stop?: AbortSignal): Promise<Traffic> {
  return get<Traffic>("/v1/traffic", {}, stop);
}

export function divideTraffic(traffic: Traffic): Promise<Traffic> {
  return put<Traffic>("/v1/traffic", traffic);
}

export function compareVersions(stop?: AbortSignal): Promise<VersionComparison[]> {
  return get<VersionComparison[]>("/v1/traffic/comparison", {}, stop);
}

export interface Predicted extends PredictAnswer {
  /** For feedback; null where nothing is logged. */
  id: string | null;
}

export async function predictOne(
  text: string,
  context: Record<string, Cell>,
  model: string,
  stop?: AbortSignal,
): Promise<Predicted> {
  const answer = await request<PredictAnswer>("POST", "/predict", {
    body: { transcript: text, context, model_type: model },
    ...(stop ? { signal: stop } : {}),
  });
  return { ...answer.data, id: answer.headers.get("x-prediction-id") };
}

export function explainOne(text: string | null, context: Record<string, Cell>, model: string, stop?: AbortSignal): Promise<Explanation> {
  return post<Explanation>("/v1/explain", { text, context, model }, stop ? { signal: stop } : {});
}

export function classifyRows(rows: RowGiven[], model: string, stop?: AbortSignal): Promise<ClassifyAnswer> {
  return post<ClassifyAnswer>("/v1/classify", { rows, model }, stop ? { signal: stop } : {});
}

export interface Feedback {
  matched: number;
  unknown: string[];
}

export function sendFeedback(prediction: string, truth: string): Promise<Feedback> {
  return post<Feedback>("/v1/feedback", { feedback: [{ prediction_id: prediction, truth }] });
}
