import { expect, test } from "vitest";
import { ApiError } from "../../api/client";
import type { ClassifyAnswer, RowGiven } from "../../api/models";
import { classifyAll, customerColumn, requestsOf, textColumn } from "./batch";

function rowsOf(count: number, text = "x"): RowGiven[] {
  return Array.from({ length: count }, (_, at) => ({ id: String(at), text }));
}

async function answer(rows: RowGiven[]): Promise<ClassifyAnswer> {
  return {
    predictions: rows.map((row) => ({
      id: row.id ?? "",
      prediction_id: null,
      model_used: row.customer_id === "new" ? "linear:2" : "linear:1",
      label: "a",
      status: "assigned",
    })),
  };
}

test("requests have few rows and not too many characters, and all rows are in one", () => {
  expect(requestsOf(rowsOf(5), 2)).toEqual([[0, 2], [2, 4], [4, 5]]);
  expect(requestsOf(rowsOf(4, "xxxx"), 200, 10)).toEqual([[0, 2], [2, 4]]);
  expect(requestsOf(rowsOf(1, "x".repeat(50)), 200, 10)).toEqual([[0, 1]]);
  expect(requestsOf([])).toEqual([]);
});

test("each row gets its own answer, in order", async () => {
  const done: number[] = [];
  const found = await classifyAll(rowsOf(450), answer, (progress) => done.push(progress.done));
  expect(found.answers.map((each) => each?.id)).toEqual(rowsOf(450).map((row) => row.id));
  expect(done).toEqual([0, 200, 400, 450]);
  expect(found.models).toEqual(["linear:1"]);
});

test("all versions that answered are named, and rows that none answered name none", async () => {
  const rows = [...rowsOf(2), { id: "2", text: "x", customer_id: "new" }, { id: "3", text: "bad" }];
  const send = async (part: RowGiven[]) => {
    if (part.some((row) => row.text === "bad")) throw new ApiError(422, "The text is too long.");
    return answer(part);
  };
  const found = await classifyAll(rows, send, () => {});
  expect(found.models).toEqual(["linear:1", "linear:2"]);
  expect(found.answers.map((each) => each?.model_used)).toEqual(["linear:1", "linear:1", "linear:2", ""]);
});

test("a row that is refused costs no other its answer", async () => {
  const send = async (rows: RowGiven[]) => {
    if (rows.some((row) => row.text === "bad")) throw new ApiError(422, "The text is too long.");
    return answer(rows);
  };
  const rows = rowsOf(30);
  rows[17] = { id: "17", text: "bad" };
  const found = await classifyAll(rows, send, () => {});
  expect(found.error).toBeNull();
  expect(found.answers[17]).toMatchObject({ status: "set aside", reason: "The text is too long." });
  expect(found.answers.filter((each) => each?.status === "assigned")).toHaveLength(29);
});

test("a busy service is asked again, a broken one is not, and what is done is kept", async () => {
  let calls = 0;
  const busy = async (rows: RowGiven[]) => {
    calls += 1;
    if (calls === 1) throw new ApiError(503, "Too many rows wait.");
    if (calls === 3) throw new ApiError(500, "This is a bug.");
    return answer(rows);
  };
  const found = await classifyAll(rowsOf(400), busy, () => {}, { wait: async () => {} });
  expect(calls).toBe(3);
  expect(found.error).toBeInstanceOf(ApiError);
  expect(found.answers.filter(Boolean)).toHaveLength(200);
  const rest = await classifyAll(rowsOf(400), answer, () => {}, { before: found.answers });
  expect(rest.answers.every(Boolean)).toBe(true);
});

test("a cancelled run has no error", async () => {
  const found = await classifyAll(rowsOf(3), () => Promise.reject(new DOMException("", "AbortError")), () => {});
  expect(found).toMatchObject({ answers: [null, null, null], error: null });
});

test("the column of the customers is guessed, or there is none", () => {
  expect(customerColumn(["id", "Customer ID", "text"])).toBe("Customer ID");
  expect(customerColumn(["customer_id"])).toBe("customer_id");
  expect(customerColumn(["id", "customer feedback"])).toBe("");
});

test("the column of the texts is guessed", () => {
  expect(textColumn(["id", "Message"], [["1", "x"]])).toBe("Message");
  expect(textColumn(["id", "said"], [["1", "a long sentence"]])).toBe("said");
});
