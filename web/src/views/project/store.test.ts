import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { ProjectStore } from "./store";

/** A service with one segment, whose version grows with each edit and refuses edits of older ones. */
let server: Server;
let version: number;
let name: string;
let pointsRead: number;

beforeAll(async () => {
  server = createServer((asked, reply) => {
    let body = "";
    asked.on("data", (part) => (body += part));
    asked.on("end", () => {
      const tag = `"${version}"`;
      if (asked.method === "POST" && asked.headers["if-match"] !== tag) {
        reply.writeHead(412).end(JSON.stringify({ detail: "Ana renamed a segment since you looked." }));
        return;
      }
      if (asked.method === "POST") {
        version += 1;
        name = JSON.parse(body).name ?? name;
      }
      if (asked.url?.endsWith("/points")) pointsRead += 1;
      const segments = [{ id: "s1", name, size: 3 }];
      reply.writeHead(200, { etag: `"${version}"` }).end(JSON.stringify({ segments, moved: 0, can_undo: null, can_redo: null }));
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const real = fetch;
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => real(new URL(path, base), init));
});
afterAll(() => {
  vi.unstubAllGlobals();
  server.close();
});
beforeEach(() => {
  [version, name, pointsRead] = [1, "refunds", 0];
});

const rename = (to: string) => ({ edit: "rename", segment: "s1", name: to }) as const;
const shown = (store: ProjectStore) => store.segments.value?.segments[0]?.name;

test("edits follow each other without being read in between", async () => {
  const store = new ProjectStore("p1");
  await store.loadSegments();
  expect(await store.attempt(rename("late refunds"))).toBeNull();
  expect(await store.attempt(rename("slow refunds"))).toBeNull();
  expect([name, shown(store), version]).toEqual(["slow refunds", "slow refunds", 3]);
});

test("another's edit is not overwritten: it is shown, and the same edit can then be made", async () => {
  const store = new ProjectStore("p1");
  await store.loadSegments();
  [version, name] = [7, "money back"];
  expect(await store.attempt(rename("late refunds"))).toContain("Ana renamed a segment since you looked.");
  expect([name, shown(store)]).toEqual(["money back", "money back"]);
  expect(await store.attempt(rename("late refunds"))).toBeNull();
  expect(name).toBe("late refunds");
});

test("only one edit is on its way at a time", async () => {
  const store = new ProjectStore("p1");
  await store.loadSegments();
  const [first, second] = await Promise.all([store.attempt(rename("one")), store.attempt(rename("two"))]);
  expect(first).toBeNull();
  expect(second).not.toBeNull();
  expect(name).toBe("one");
});

test("a map that nobody looked at is not read after an edit", async () => {
  const store = new ProjectStore("p1");
  await store.loadSegments();
  await store.attempt({ edit: "level", groups: 4 });
  expect(pointsRead).toBe(0);
});
