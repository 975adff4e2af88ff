/** All of one entry of the log, and feedback on it. */
import { useState } from "preact/hooks";
import { may } from "../../api/client";
import { nameOf, sendFeedback } from "../../api/models";
import type { Entry } from "../../api/watching";
import { Blocks } from "../../parts/blocks";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { Field, Select } from "../../parts/Field";
import { count, figure, moment, percent } from "../../parts/format";
import { toast, toastError } from "../../parts/Toast";

export function EntryDialog({ entry, classes, onClose, onTruth }: { entry: Entry; classes: string[]; onClose(): void; onTruth(truth: string): void }) {
  const [truth, setTruth] = useState(entry.truth ?? "");
  const [busy, setBusy] = useState(false);
  const seconds = (value: number | null) => (value === null ? "" : `${figure(value * 1000)} ms`);
  const facts: [string, string][] = [
    ["Time", moment(entry.time)],
    ["Model", [entry.model, entry.version].filter((each) => each !== null).join(":")],
    ["Role", entry.role],
    ["Predicted", nameOf(entry.model, entry.label)],
    ["Confidence", entry.confidence === null ? "" : percent(entry.confidence, 1)],
    ["Status", entry.status ?? ""],
    ["Truth", nameOf(entry.model, entry.truth)],
    ["Error", entry.error],
    ["Text", entry.text ?? (entry.text_length === null ? "" : `${count(entry.text_length)} characters, not kept`)],
    ...Object.entries(entry.context ?? {}).map(([name, value]): [string, string] => [name, Array.isArray(value) ? value.join(", ") : String(value ?? "")]),
    ["Customer", entry.person ?? ""],
    ["Took", seconds(entry.seconds)],
    ["Waited", seconds(entry.wait_seconds)],
    ["Address", entry.route ?? ""],
    ["Request", entry.request ?? ""],
    ["Beside", entry.answer_id ?? ""],
    ["Id", entry.id],
  ];
  const send = async () => {
    setBusy(true);
    try {
      const done = await sendFeedback(entry.id, truth);
      if (done.unknown.length) throw new Error("The log no longer holds this prediction.");
      toast("The truth is in the log.", { tone: "good" });
      onTruth(truth);
    } catch (problem) {
      toastError(problem);
    } finally {
      setBusy(false);
    }
  };
  const bars = Object.entries(entry.probabilities ?? {}).sort(([, a], [, b]) => b - a);
  return (
    <Dialog title={nameOf(entry.model, entry.label) || (entry.error ? "A request that failed" : "Prediction")} wide onClose={onClose} onSubmit={truth && !busy ? () => void send() : undefined}>
      {bars.length > 0 && (
        <Blocks
          blocks={[
            {
              kind: "bars",
              title: "",
              note: "",
              partition: "",
              limit: 6,
              signed: false,
              bars: bars.map(([label, value]) => ({ label: nameOf(entry.model, label), value, text: percent(value, 1) })),
            },
          ]}
        />
      )}
      <dl class="entry-facts">
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {!entry.error && entry.role === "answer" && may("edit") && (
        <div class="entry-feedback">
          {classes.length ? (
            <Select
              label="What was true?"
              value={truth}
              choices={[
                { value: "", text: "Choose…" },
                ...[...new Set([...classes, ...(entry.truth ? [entry.truth] : [])])].map((each) => ({ value: each, text: nameOf(entry.model, each) })),
              ]}
              onPick={setTruth}
            />
          ) : (
            <Field label="What was true?" value={truth} maxLength={200} onInput={(event) => setTruth(event.currentTarget.value)} />
          )}
          <Button kind="main" type="submit" busy={busy} disabled={!truth || truth === entry.truth}>
            Send
          </Button>
        </div>
      )}
    </Dialog>
  );
}
