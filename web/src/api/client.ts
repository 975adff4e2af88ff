/** The one door to the service: paths, the header against forged requests, and errors as the service words them. */
import { signal } from "@preact/signals";
import type { Job, Problem, Session } from "./types";

/** What went wrong, in one sentence to show as it is. */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 when the service could not be reached. */
    readonly status: number,
    /** One sentence with the remedy. */
    readonly detail: string,
    readonly title = "",
  ) {
    super(detail);
    this.name = "ApiError";
  }
}

/** Who is signed in; null until `loadSession` answered. */
export const session = signal<Session | null>(null);

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  query?: Query;
  /** Sent as JSON, unless it is a Blob. */
  body?: unknown;
  /** Sent as `If-Match`; 412 when somebody else edited since. */
  ifMatch?: string | null;
  signal?: AbortSignal;
}

/** An answer with the version of what was read, where the service gives one. */
export interface Answer<T> {
  data: T;
  etag: string | null;
  headers: Headers;
}

/** Compose an address of the service; parts of it must be encoded by the caller (see `segments`). */
export function address(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined);
  const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  return given.length ? `${path}?${search}` : path;
}

/** Compose `/v1/projects/{id}/…` with each part encoded. */
export function ofProject(id: string, ...rest: string[]): string {
  return ["/v1/projects", ...[id, ...rest].map(encodeURIComponent)].join("/");
}

const UNSAFE = new Set(["POST", "PUT", "PATCH", "DELETE"]);

async function send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
  const headers = new Headers();
  let body: BodyInit | undefined;
  if (options.body instanceof Blob) {
    headers.set("content-type", "application/octet-stream");
    body = options.body;
  } else if (options.body !== undefined) {
    headers.set("content-type", "application/json");
    body = JSON.stringify(options.body);
  }
  if (UNSAFE.has(method)) headers.set("x-coterie-studio", "1");
  if (options.ifMatch) headers.set("if-match", options.ifMatch);
  let response: Response;
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      ...(options.signal ? { signal: options.signal } : {}),
      credentials: "same-origin",
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable();
  }
  if (!response.ok) throw problemOf(response.status, await response.text(), path);
  return response;
}

function unreachable(): ApiError {
  return new ApiError(
    0,
    "The service does not answer. Check that it is still running, then try again.",
    "No connection",
  );
}

function problemOf(status: number, text: string, path: string): ApiError {
  if (status === 401 && path !== "/session") {
    session.value = { ...(session.value ?? { keys: true, name: "", scopes: [] }), keys: true, signed_in: false };
  }
  let problem: Partial<Problem> = {};
  try {
    problem = JSON.parse(text) as Partial<Problem>;
  } catch {
    // not JSON: a proxy's page, say
  }
  const detail = typeof problem.detail === "string" && problem.detail ? problem.detail : problem.title;
  return new ApiError(status, detail ?? `The service answered with status ${status}.`, problem.title ?? "");
}

async function json<T>(response: Response): Promise<T> {
  const text = await response.text();
  return (text ? JSON.parse(text) : null) as T;
}

/** Send a request and give its JSON answer with its ETag. */
export async function request<T>(method: string, path: string, options?: RequestOptions): Promise<Answer<T>> {
  const response = await send(method, path, options);
  return { data: await json<T>(response), etag: response.headers.get("etag"), headers: response.headers };
}

export async function get<T>(path: string, query?: Query, stop?: AbortSignal): Promise<T> {
  const options: RequestOptions = {};
  if (query) options.query = query;
  if (stop) options.signal = stop;
  return (await request<T>("GET", path, options)).data;
}

export async function post<T>(path: string, body: unknown = {}, options: RequestOptions = {}): Promise<T> {
  return (await request<T>("POST", path, { ...options, body })).data;
}

export async function put<T>(path: string, body: unknown = {}, options: RequestOptions = {}): Promise<T> {
  return (await request<T>("PUT", path, { ...options, body })).data;
}

export async function patch<T>(path: string, body: unknown = {}, options: RequestOptions = {}): Promise<T> {
  return (await request<T>("PATCH", path, { ...options, body })).data;
}

export async function del<T = null>(path: string, options: RequestOptions = {}): Promise<T> {
  return (await request<T>("DELETE", path, options)).data;
}

/** Read a body of bytes, an Arrow stream say. */
export async function getBytes(path: string, query?: Query, stop?: AbortSignal): Promise<Uint8Array> {
  const options: RequestOptions = {};
  if (query) options.query = query;
  if (stop) options.signal = stop;
  const response = await send("GET", path, options);
  return new Uint8Array(await response.arrayBuffer());
}

/** Send a file and report the share sent, which fetch cannot. */
export function upload<T>(
  path: string,
  file: Blob,
  query: Query,
  onProgress: (share: number) => void,
  stop?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest();
    call.open("POST", address(path, query));
    call.setRequestHeader("content-type", "application/octet-stream");
    call.setRequestHeader("x-coterie-studio", "1");
    call.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
    call.onload = () => {
      if (call.status >= 200 && call.status < 300) resolve(JSON.parse(call.responseText) as T);
      else reject(problemOf(call.status, call.responseText, path));
    };
    call.onerror = () => reject(unreachable());
    call.onabort = () => reject(new DOMException("Cancelled", "AbortError"));
    stop?.addEventListener("abort", () => call.abort());
    call.send(file);
  });
}

/** Whether who is signed in may do something; the service decides, this only spares what it would refuse. */
export function may(scope: Session["scopes"][number]): boolean {
  return session.value?.scopes.includes(scope) ?? false;
}

/** Ask who is signed in. */
export async function loadSession(): Promise<void> {
  session.value = await get<Session>("/session");
}

export async function signIn(key: string): Promise<void> {
  session.value = await post<Session>("/session", { key });
}

export async function signOut(): Promise<void> {
  await del("/session");
  await loadSession();
}

const PAUSE = 700;

/** Wait for a job of the service and give its result; an `ApiError` when it failed. */
export async function follow<T>(
  job: Job<T>,
  onProgress: (job: Job<T>) => void = () => {},
  stop?: AbortSignal,
): Promise<T> {
  for (;;) {
    onProgress(job);
    if (job.state === "done") return job.result as T;
    if (job.state === "failed" || job.state === "cancelled") {
      throw new ApiError(500, job.error || `The work was ${job.state}.`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    stop?.throwIfAborted();
    job = await get<Job<T>>(`/v1/jobs/${encodeURIComponent(job.id)}`, {}, stop);
  }
}

/** Whether an error is only a request that was no longer wanted. */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
