/** What the service does with projects. */
import { columnOf, pointsOf, placesOf, type ColumnValues, type Found, type Points } from "./arrow";
import { del, get, getBytes, ofProject, patch, post, request, upload, type Answer } from "./client";
import type {
  Change, DiscoverChoice, Edit, Edited, Job, Preview, Project, RowOrder, RowsPage, Segments, TrainChoice, Trained,
} from "./types";

export async function listProjects(stop?: AbortSignal): Promise<Project[]> {
  return (await get<{ projects: Project[] }>("/v1/projects", {}, stop)).projects;
}

export function createProject(file: File, onProgress: (share: number) => void, stop?: AbortSignal): Promise<Project> {
  return upload<Project>("/v1/projects", file, { name: file.name }, onProgress, stop);
}

export function readProject(id: string, stop?: AbortSignal): Promise<Project> {
  return get(ofProject(id), {}, stop);
}

export function renameProject(id: string, title: string): Promise<Project> {
  return patch(ofProject(id), { title });
}

export function deleteProject(id: string): Promise<null> {
  return del(ofProject(id));
}

export function previewProject(id: string, sheet: string | null, stop?: AbortSignal): Promise<Preview> {
  return get(ofProject(id, "preview"), { sheet }, stop);
}

export function discover(id: string, choice: DiscoverChoice): Promise<Project> {
  return post(ofProject(id, "discover"), choice);
}

export function cancelProject(id: string): Promise<Project> {
  return post(ofProject(id, "cancel"));
}

export async function readPoints(id: string, stop?: AbortSignal): Promise<Points> {
  return pointsOf(await getBytes(ofProject(id, "points"), {}, stop));
}

export async function readColumn(id: string, column: string, stop?: AbortSignal): Promise<ColumnValues> {
  return columnOf(await getBytes(ofProject(id, "points"), { column }, stop));
}

export async function findRows(id: string, q: string, stop?: AbortSignal): Promise<Found> {
  return placesOf(await getBytes(ofProject(id, "find"), { q }, stop));
}

/** Most rows that are given at once. */
export const MOST_ROWS = 200;

export function rowsAt(id: string, at: number[], stop?: AbortSignal): Promise<RowsPage> {
  return post(ofProject(id, "rows"), { at }, stop ? { signal: stop } : {});
}

export interface RowsWanted {
  /** Id of a segment; "" for rows in none, null for all. */
  segment: string | null;
  offset: number;
  limit: number;
  order: RowOrder;
  q: string;
}

export function listRows(id: string, wanted: RowsWanted, stop?: AbortSignal): Promise<RowsPage> {
  return post(ofProject(id, "rows"), wanted, stop ? { signal: stop } : {});
}

export function readSegments(id: string): Promise<Answer<Segments>> {
  return request("GET", ofProject(id, "segments"));
}

export function readHistory(id: string, stop?: AbortSignal): Promise<Change[]> {
  return get(ofProject(id, "segments", "history"), {}, stop);
}

export function editSegments(id: string, edit: Edit, ifMatch: string | null): Promise<Answer<Edited>> {
  return request("POST", ofProject(id, "segments", "edits"), { body: edit, ifMatch });
}

export function trainModel(id: string, choice: TrainChoice): Promise<Job<Trained>> {
  return post(ofProject(id, "train"), choice);
}

export function nameSegments(id: string, llm: string): Promise<Job> {
  return post(ofProject(id, "name"), { llm });
}

export async function languageModels(stop?: AbortSignal): Promise<string[]> {
  return (await get<{ models: string[] }>("/v1/language-models", {}, stop)).models;
}
