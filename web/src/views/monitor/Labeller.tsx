/** Rows whose truth would teach a model most, labelled there and then. */
import { useEffect, useRef, useState } from "preact/hooks";
import { nameOf, AUTO, sendFeedback, type ModelCard } from "../../api/models";
import { rowsToLabel, type RowToLabel } from "../../api/watching";
import { Button } from "../../parts/Button";
import { ErrorNote } from "../../parts/ErrorNote";
import { Select } from "../../parts/Field";
import { percent, plural } from "../../parts/format";
import { Loading } from "../../parts/Loading";
import { Progress } from "../../parts/Progress";
import { toastError } from "../../parts/Toast";
import { useLoad } from "../../parts/useLoad";

const ROWS = 20;
const KEYS = 9; // classes that have a key

export function Labeller({ models }: { models: ModelCard[] }) {
  const classifiers = models.filter((model) => model.ready && model.classes.length > 0);
  const [name, setName] = useState(AUTO);
  const [started, setStarted] = useState(false);
  const model = classifiers.find((each) => each.name === name) ?? classifiers.find((each) => each.default) ?? classifiers[0];
  if (!model) return null;
  return (
    <section class="panel labeller-panel">
      <div class="spread">
        <div>
          <h2>Rows to label</h2>
          <p class="muted">The rows of the log whose truth would teach a model most: those in doubt, and different ones.</p>
        </div>
        <div class="row labeller-model">
          {classifiers.length > 1 && (
            <Select
              label="Model"
              hideLabel
              value={name}
              choices={[{ value: AUTO, text: "Default model" }, ...classifiers.map((each) => ({ value: each.name, text: each.name }))]}
              onPick={(picked) => {
                setName(picked);
                setStarted(false);
              }}
            />
          )}
          {!started && (
            <Button kind="main" onClick={() => setStarted(true)}>
              Choose {ROWS} rows
            </Button>
          )}
        </div>
      </div>
      {started && <Rows key={name} name={name} model={model.name} classes={model.classes} onClose={() => setStarted(false)} />}
    </section>
  );
}

function Rows({ name, model, classes, onClose }: { name: string; model: string; classes: string[]; onClose(): void }) {
  const rows = useLoad((stop) => rowsToLabel(name, ROWS, stop), [name], true);
  if (rows.error) return <ErrorNote error={rows.error} retry={rows.reload} />;
  if (!rows.data) return <Loading label="Choosing rows…" />;
  if (!rows.data.length) return <p class="muted">There is nothing left to label.</p>;
  return <Labels rows={rows.data} model={model} classes={classes} onMore={rows.reload} onClose={onClose} />;
}

interface LabelsProps {
  rows: RowToLabel[];
  model: string;
  classes: string[];
  onMore(): void;
  onClose(): void;
}

function Labels({ rows, model, classes: known, onMore, onClose }: LabelsProps) {
  const [at, setAt] = useState(0);
  const [said, setSaid] = useState<Record<string, string>>({});
  const [busy, setBusy] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus({ preventScroll: true }), []);
  const row = rows[at];
  // the predicted class has the first key, as it is the one that is right most often
  const guess = row?.predicted === null ? "" : String(row?.predicted ?? "");
  const classes = known.includes(guess) ? [guess, ...known.filter((label) => label !== guess)] : known;
  const labelled = Object.keys(said).length;
  const choose = async (label: string) => {
    if (!row || busy) return;
    setBusy(true);
    try {
      await sendFeedback(row.prediction_id, label);
      setSaid((before) => ({ ...before, [row.prediction_id]: label }));
      setAt(at + 1);
    } catch (problem) {
      toastError(problem);
    } finally {
      setBusy(false);
      box.current?.focus({ preventScroll: true });
    }
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest("input, select, textarea")) return;
    const label = /^[1-9]$/.test(event.key) ? classes[Number(event.key) - 1] : undefined;
    if (label !== undefined && row) void choose(label);
    else if (event.key.toLowerCase() === "s" && row) setAt(at + 1);
    else if (event.key.toLowerCase() === "b" && at > 0) setAt(at - 1);
    else return;
    event.preventDefault();
  };
  return (
    <div class="labeller" ref={box} tabIndex={0} role="group" aria-label="Label rows by keyboard: 1 to 9 choose a class, S skips, B goes back" onKeyDown={onKey}>
      <div class="spread labeller-head">
        <span role="status">
          {row ? `Row ${at + 1} of ${rows.length}` : "All rows were shown"}, {plural(labelled, "label")} given
        </span>
        <span class="muted labeller-keys">
          <kbd>1</kbd>–<kbd>{Math.min(KEYS, classes.length)}</kbd> choose, <kbd>S</kbd> skips, <kbd>B</kbd> goes back
        </span>
      </div>
      <Progress value={at / rows.length} label="Rows labelled or skipped" />
      {row ? (
        <>
          <p class="labeller-text" dir="auto">
            {textOf(row) || <span class="muted">No text.</span>}
          </p>
          <Known row={row} />
          <p class="muted labeller-reason">
            {[
              row.predicted === null ? "" : `Predicted ${row.name || row.predicted}${row.confidence === null ? "" : ` (${percent(row.confidence)})`}`,
              row.reason,
              row.like ? `${plural(row.like, "more row")} like it` : "",
            ]
              .filter(Boolean)
              .join(" · ")}
          </p>
          <div class="labeller-classes">
            {classes.slice(0, KEYS).map((label, place) => (
              <Button
                key={label}
                disabled={busy}
                aria-pressed={said[row.prediction_id] === label}
                icon={<kbd>{place + 1}</kbd>}
                onClick={() => void choose(label)}
              >
                {nameOf(model, label)}
              </Button>
            ))}
            {classes.length > KEYS && (
              <select aria-label="Another class" value="" onChange={(event) => event.currentTarget.value && void choose(event.currentTarget.value)}>
                <option value="">another class…</option>
                {classes.slice(KEYS).map((label) => (
                  <option key={label} value={label}>
                    {nameOf(model, label)}
                  </option>
                ))}
              </select>
            )}
            <Button kind="quiet" onClick={() => setAt(at + 1)}>
              Skip
            </Button>
            {at > 0 && (
              <Button kind="quiet" onClick={() => setAt(at - 1)}>
                Back
              </Button>
            )}
          </div>
        </>
      ) : (
        <div class="row labeller-done">
          <p>
            {labelled
              ? `Thank you: ${plural(labelled, "label")} count in the live accuracy and in the next training.`
              : "No label was given."}
          </p>
          <Button kind="main" onClick={onMore}>
            More rows
          </Button>
          <Button onClick={onClose}>Done</Button>
        </div>
      )}
    </div>
  );
}

const OWN = new Set(["prediction_id", "text", "predicted", "name", "confidence", "status", "like", "reason", "label"]);

function textOf(row: RowToLabel): string {
  return typeof row.text === "string" ? row.text : "";
}

/** The other columns that the model reads. */
function Known({ row }: { row: RowToLabel }) {
  const known = Object.entries(row).filter(([name, value]) => !OWN.has(name) && value !== null && value !== "");
  if (!known.length) return null;
  return (
    <dl class="labeller-known">
      {known.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{String(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
