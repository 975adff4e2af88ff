import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { ApiError, address, follow, get, ofProject, request, session } from "./client";
import type { Job } from "./types";

interface Sent {
  status?: number;
  headers?: Record<string, string>;
  body: string;
}

let server: Server;
let base: string;
let heard: IncomingMessage[];
let answer: (url: string) => Sent;

beforeAll(async () => {
  server = createServer((asked, reply) => {
    heard.push(asked);
    const { status = 200, headers = {}, body } = answer(asked.url ?? "");
    reply.writeHead(status, headers).end(body);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  heard = [];
  answer = () => ({ body: "{}" });
  session.value = { keys: true, signed_in: true, name: "Ana", scopes: ["read"] };
});

test("only what changes something carries the header of the page", async () => {
  await request("GET", `${base}/v1/projects`);
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) await request(method, `${base}/v1/projects/p1`);
  expect(heard.map((each) => each.headers["x-coterie-studio"])).toEqual([undefined, "1", "1", "1", "1"]);
});

test("an edit names the version it was made from, and gives the next one", async () => {
  answer = () => ({ headers: { etag: '"2"' }, body: '{"moved":3}' });
  const { data, etag } = await request<{ moved: number }>("POST", `${base}/edits`, { body: {}, ifMatch: '"1"' });
  expect(heard[0]?.headers["if-match"]).toBe('"1"');
  expect([data.moved, etag]).toEqual([3, '"2"']);
});

test("a problem is shown in the words of the service", async () => {
  const body = JSON.stringify({ title: "Conflict", status: 412, detail: "Ana merged two segments since you looked." });
  answer = () => ({ status: 412, body });
  const problem = await request("POST", `${base}/edits`, { body: {} }).catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(ApiError);
  expect(problem).toMatchObject({ status: 412, detail: "Ana merged two segments since you looked." });
  expect(session.value?.signed_in).toBe(true);
});

test("a proxy's page in place of a problem still gives its status", async () => {
  answer = () => ({ status: 502, body: "<html>Bad gateway</html>" });
  await expect(get(`${base}/v1/projects`)).rejects.toMatchObject({ status: 502 });
});

test("without a key that counts the page asks to sign in", async () => {
  answer = () => ({ status: 401, body: '{"detail":"Sign in."}' });
  await expect(get(`${base}/v1/projects`)).rejects.toMatchObject({ status: 401 });
  expect(session.value?.signed_in).toBe(false);
});

test("a service that is gone is told from one that refuses", async () => {
  await expect(get("http://127.0.0.1:9/v1/projects")).rejects.toMatchObject({ status: 0 });
});

const job: Job<{ model: string }> = {
  id: "j 1", kind: "train", state: "queued", progress: {}, result: null, error: "",
};

test("a job that failed says why", async () => {
  await expect(follow({ ...job, state: "failed", error: "No label has two rows." })).rejects.toMatchObject({
    detail: "No label has two rows.",
  });
});

test("a job that is done gives its result", async () => {
  await expect(follow({ ...job, state: "done", result: { model: "m" } })).resolves.toEqual({ model: "m" });
});

test("parts of an address are encoded, and what is not given is left out", () => {
  expect(ofProject("a/b", "files", "x y.csv")).toBe("/v1/projects/a%2Fb/files/x%20y.csv");
  expect(address("/v1/find", { q: "a&b", column: null, limit: undefined })).toBe("/v1/find?q=a%26b");
  expect(address("/v1/find", { q: null })).toBe("/v1/find");
});
