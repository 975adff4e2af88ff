/** A file to predict: a table in, the same table with predictions out. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { classifyRows, type ModelCard, type RowAnswer, type RowGiven } from "../../api/models";
import { Block, Blocks } from "../../parts/blocks";
import { Button } from "../../parts/Button";
import { decode, download, readCsv, writeCsv, type CsvTable } from "../../parts/csv";
import { ErrorNote } from "../../parts/ErrorNote";
import { Select } from "../../parts/Field";
import { bytes, count, percent, plural, shorten } from "../../parts/format";
import { Icon } from "../../parts/Icon";
import { Progress } from "../../parts/Progress";
import { Table } from "../../parts/Table";
import { classifyAll, customerColumn, textColumn, type Outcome } from "./batch";
import { STATUSES, StatusChip } from "./Result";

const SHOWN = 100; // rows of the result
const LARGEST = 60_000_000; // bytes that are read into the page

interface Opened {
  name: string;
  table: CsvTable;
}

export function Batch({ model, asked }: { model: ModelCard; asked: string }) {
  const [file, setFile] = useState<Opened | null>(null);
  const [error, setError] = useState<unknown>(null);
  const open = async (chosen: File | undefined) => {
    if (!chosen) return;
    setError(null);
    setFile(null);
    try {
      if (chosen.size > LARGEST) {
        throw new Error(`The file has ${bytes(chosen.size)}, and ${bytes(LARGEST)} are read here: make a project of it, or use coterie predict.`);
      }
      const table = readCsv(decode(new Uint8Array(await chosen.arrayBuffer())));
      if (!table.rows.length) throw new Error("The file has no rows below its heading: choose a CSV file whose first line names the columns.");
      setFile({ name: chosen.name, table });
    } catch (problem) {
      setError(problem);
    }
  };
  if (file) return <Rows key={file.name + asked} file={file} model={model} asked={asked} onClose={() => setFile(null)} />;
  return (
    <>
      {Boolean(error) && <ErrorNote error={error} />}
      <DropFile onFile={(chosen) => void open(chosen)} />
    </>
  );
}

function DropFile({ onFile }: { onFile(file: File | undefined): void }) {
  const [over, setOver] = useState(false);
  return (
    <label
      class={over ? "drop over" : "drop"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFile(event.dataTransfer?.files[0]);
      }}
    >
      <input type="file" class="unseen" accept=".csv,.tsv,.txt,text/csv" onChange={(event) => onFile(event.currentTarget.files?.[0])} />
      <Icon name="upload" size={28} />
      <strong>Choose a CSV file, or drop it here</strong>
      <span>Its first line names the columns. Each row gets a prediction; the file stays in this page but for the columns that the model reads.</span>
    </label>
  );
}

interface RowsProps {
  file: Opened;
  model: ModelCard;
  asked: string;
  onClose(): void;
}

function Rows({ file, model, asked, onClose }: RowsProps) {
  const { name, table } = file;
  const [column, setColumn] = useState(() => textColumn(table.columns, table.rows));
  const [customer, setCustomer] = useState(() => customerColumn(table.columns));
  const [progress, setProgress] = useState<{ done: number; total: number } | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const read = model.columns.filter((each) => table.columns.includes(each));
  const missing = model.columns.filter((each) => !table.columns.includes(each));
  const rows = useMemo(() => rowsOf(table, { text: model.reads_text ? column : "", customer, context: read }), [table, column, customer, asked]);
  const running = stop.current !== null && progress !== null && outcome === null;
  const choose = (set: (picked: string) => void) => (picked: string) => {
    set(picked);
    setOutcome(null);
    setProgress(null);
  };
  const run = async (before: Outcome | null) => {
    const mine = new AbortController();
    stop.current = mine;
    setOutcome(null);
    setProgress({ done: 0, total: rows.length });
    const found = await classifyAll(rows, (part) => classifyRows(part, asked, mine.signal), setProgress, { before: before?.answers ?? [] });
    if (stop.current !== mine) return;
    stop.current = null;
    setOutcome(found);
  };
  const done = outcome?.answers.filter(Boolean).length ?? 0;
  return (
    <>
      <section class="panel batch-file">
        <div class="spread">
          <div>
            <h2>{name}</h2>
            <p class="muted">
              {plural(table.rows.length, "row")}, {plural(table.columns.length, "column")}
            </p>
          </div>
          <Button onClick={onClose} disabled={running}>
            Another file
          </Button>
        </div>
        {table.notes.map((note) => (
          <p key={note} class="search-doubt">
            {note}
          </p>
        ))}
        <div class="row batch-columns">
          {model.reads_text && (
            <Select
              label="Column of the texts"
              value={column}
              disabled={running}
              choices={table.columns.map((each) => ({ value: each, text: each }))}
              onPick={choose(setColumn)}
            />
          )}
          <Select
            label="Column of the customer ids"
            hint="For the log, and so that each customer gets one version where several share the requests."
            value={customer}
            disabled={running}
            choices={[{ value: "", text: "none" }, ...table.columns.map((each) => ({ value: each, text: each }))]}
            onPick={choose(setCustomer)}
          />
        </div>
        {model.columns.length > 0 && (
          <p class="muted">
            {read.length ? `The model reads besides: ${read.join(", ")}. ` : ""}
            {missing.length ? `Not in the file, so that average values count: ${missing.join(", ")}.` : ""}
          </p>
        )}
        {!outcome && (
          <Table
            caption="The first rows"
            columns={table.columns.slice(0, 6).map((title, at) => ({ key: title, title, cell: (row: string[]) => shorten(row[at] ?? "", 90), long: title === column }))}
            rows={table.rows.slice(0, 4)}
            rowKey={(_, at) => at}
          />
        )}
        {running && progress ? (
          <div class="batch-progress" role="status">
            <Progress value={progress.done / progress.total} label="Rows predicted" />
            <div class="spread">
              <span>
                {count(progress.done)} of {plural(progress.total, "row")}
              </span>
              <Button onClick={() => stop.current?.abort()}>Cancel</Button>
            </div>
          </div>
        ) : outcome && done < rows.length ? (
          <div class="spread batch-progress">
            <span>
              {count(done)} of {plural(rows.length, "row")} are predicted.
            </span>
            <Button kind="main" onClick={() => void run(outcome)}>
              Go on
            </Button>
          </div>
        ) : (
          !outcome && (
            <div class="batch-progress">
              <Button kind="main" onClick={() => void run(null)}>
                Predict {plural(rows.length, "row")}
              </Button>
            </div>
          )
        )}
      </section>
      {Boolean(outcome?.error) && <ErrorNote error={outcome?.error} />}
      {outcome && done > 0 && <Answers file={file} column={column} outcome={outcome} />}
    </>
  );
}

/** What is sent of each row: its text, its customer and the columns that the model reads. */
function rowsOf(table: CsvTable, { text, customer, context }: { text: string; customer: string; context: string[] }): RowGiven[] {
  const place = (name: string) => (name ? table.columns.indexOf(name) : -1);
  const [ofText, ofCustomer] = [place(text), place(customer)];
  const places = context.map((name) => [name, place(name)] as const);
  return table.rows.map((row, number) => ({
    id: String(number + 1),
    ...(ofText >= 0 ? { text: row[ofText] ?? "" } : {}),
    ...(row[ofCustomer]?.trim() ? { customer_id: row[ofCustomer] } : {}),
    context: Object.fromEntries(places.filter(([, at]) => row[at]?.trim()).map(([name, at]) => [name, row[at] ?? ""])),
  }));
}

function called(answer: RowAnswer | null): string {
  if (!answer || answer.label === null) return "–";
  return answer.name || String(answer.label);
}

function Answers({ file, column, outcome }: { file: Opened; column: string; outcome: Outcome }) {
  const [status, setStatus] = useState("");
  const [label, setLabel] = useState("");
  const { answers, models } = outcome;
  const place = file.table.columns.indexOf(column);
  const labels = useMemo(() => tally(answers.filter((each) => each !== null && each.label !== null).map(called)), [answers]);
  const statuses = useMemo(() => tally(answers.filter((each) => each !== null).map((each) => each.status)), [answers]);
  const numbers = answers.some((each) => typeof each?.low === "number");
  const shown = answers
    .map((answer, at) => ({ answer, at }))
    .filter(({ answer }) => answer && (!status || answer.status === status) && (!label || called(answer) === label));
  return (
    <>
      <Blocks
        blocks={[
          {
            kind: "tiles",
            tiles: statuses.map(([name, rows]) => ({
              label: STATUSES[name]?.text ?? name,
              value: rows,
              text: count(rows),
              note: `${percent(rows / answers.length, 1)} of the rows`,
            })),
          },
        ]}
      />
      {!numbers && (
        <div class="blocks">
          <Block
            sheet={{ colours: {} }}
            block={{
              kind: "bars",
              title: "Predicted",
              note: models.length ? `By ${models.join(", ")}.` : "",
              partition: "",
              limit: 12,
              signed: false,
              bars: labels.map(([name, rows]) => ({ label: name, value: rows, text: count(rows) })),
            }}
          />
        </div>
      )}
      <div class="spread batch-tools">
        <div class="row">
          <Select
            label="Status"
            hideLabel
            value={status}
            choices={[{ value: "", text: "Any status" }, ...statuses.map(([name]) => ({ value: name, text: STATUSES[name]?.text ?? name }))]}
            onPick={setStatus}
          />
          {!numbers && (
            <Select
              label="Prediction"
              hideLabel
              value={label}
              choices={[{ value: "", text: "Any prediction" }, ...labels.map(([name]) => ({ value: name, text: name }))]}
              onPick={setLabel}
            />
          )}
        </div>
        <Button kind="main" icon={<Icon name="download" size={18} />} onClick={() => save(file, outcome)}>
          Download CSV
        </Button>
      </div>
      <Table
        caption="Predictions"
        columns={[
          { key: "row", title: "Row", number: true, cell: ({ at }) => count(at + 1) },
          { key: "text", title: column || "Row", long: true, cell: ({ at }) => shorten(file.table.rows[at]?.[Math.max(place, 0)] ?? "", 160) },
          { key: "predicted", title: "Predicted", cell: ({ answer }) => <strong>{called(answer)}</strong> },
          {
            key: "confidence",
            title: numbers ? "80% interval" : "Confidence",
            number: true,
            cell: ({ answer }) => (numbers ? `${answer?.low ?? "–"} to ${answer?.high ?? "–"}` : percent(answer?.confidence)),
          },
          {
            key: "status",
            title: "Status",
            cell: ({ answer }) => (
              <>
                <StatusChip status={answer?.status ?? ""} />
                {answer?.reason && <div class="muted">{answer.reason}</div>}
              </>
            ),
          },
        ]}
        rows={shown.slice(0, SHOWN)}
        rowKey={({ at }) => at}
      />
      {shown.length > SHOWN && (
        <p class="muted">
          {count(SHOWN)} of {plural(shown.length, "row")} are shown; the CSV file has all.
        </p>
      )}
    </>
  );
}

/** How often each is there, the most frequent first. */
function tally(names: string[]): [string, number][] {
  const found = new Map<string, number>();
  for (const name of names) found.set(name, (found.get(name) ?? 0) + 1);
  return [...found].sort(([, a], [, b]) => b - a);
}

/** Save the table with its predictions: a row for each row of the file. */
function save(file: Opened, { answers, models }: Outcome): void {
  const { columns, rows } = file.table;
  const numbers = answers.some((each) => typeof each?.low === "number");
  const named = answers.some((each) => each?.name);
  const own = ["predicted", ...(named ? ["name"] : []), ...(numbers ? ["low", "high"] : ["confidence"]), "status", "reason", ...(models.length > 1 ? ["model"] : []), "prediction_id"];
  const head = own.map((name) => (columns.includes(name) ? `${name} (prediction)` : name));
  const table = rows.map((row, at) => {
    const said = answers[at];
    return [
      ...row,
      said?.label ?? null,
      ...(named ? [said?.name ?? null] : []),
      ...(numbers ? [said?.low ?? null, said?.high ?? null] : [said?.confidence ?? null]),
      said?.status ?? "not predicted",
      said?.reason ?? null,
      ...(models.length > 1 ? [said?.model_used ?? null] : []),
      said?.prediction_id ?? null,
    ];
  });
  download(`${file.name.replace(/\.\w+$/, "")}-predicted.csv`, writeCsv([...columns, ...head], table));
}
