/** The predictions that were made, page by page, with filters, details and feedback. */
import { useState } from "preact/hooks";
import { listModels, nameOf } from "../api/models";
import { readLog, type Entry, type EntryFilters } from "../api/watching";
import { ApiError } from "../api/client";
import { Button } from "../parts/Button";
import { Empty } from "../parts/Empty";
import { ErrorNote } from "../parts/ErrorNote";
import { Field, Select, type Choice } from "../parts/Field";
import { count, moment, percent, shorten } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Loading } from "../parts/Loading";
import { Page } from "../parts/Page";
import { Table } from "../parts/Table";
import { useLoad } from "../parts/useLoad";
import { navigate, path, query, setQuery } from "../router";
import { EntryDialog } from "./log/EntryDialog";
import { STATUSES, StatusChip } from "./predict/Result";
import "./log/Log.css";

const PAGE = 50;
const NAMES = ["since", "until", "model", "label", "status", "person", "role", "feedback"] as const;
type Name = (typeof NAMES)[number];

/** What is told of feedback and errors, as the service takes it. */
const FEEDBACK: Record<string, { text: string; filters: EntryFilters }> = {
  with: { text: "With feedback", filters: { has_feedback: "true" } },
  without: { text: "Without feedback", filters: { has_feedback: "false" } },
  right: { text: "Right", filters: { correct: "true" } },
  wrong: { text: "Wrong", filters: { correct: "false" } },
  errors: { text: "Errors", filters: { errors: "true" } },
};

export default function Log() {
  const asked = Object.fromEntries(NAMES.map((name) => [name, query.value.get(name) ?? ""])) as Record<Name, string>;
  const after = query.value.get("after");
  const models = useLoad(listModels, []);
  const page = useLoad((stop) => readLog({ ...filtersOf(asked), after }, PAGE, stop), [JSON.stringify(asked), after]);
  const [open, setOpen] = useState<Entry | null>(null);
  const filtered = Object.values(asked).some(Boolean);
  const pick = (name: Name, value: string) => setQuery({ [name]: value || null, after: null });
  const classes = (name: string | null) => models.data?.find((model) => model.name === name)?.classes ?? [];
  const told = (entry: Entry, truth: string) => {
    if (page.data) page.set({ ...page.data, entries: page.data.entries.map((each) => (each.id === entry.id ? { ...each, truth } : each)) });
    setOpen(null);
  };
  const nothing = page.error instanceof ApiError && page.error.status === 404;
  return (
    <Page
      title="Log"
      intro="What was predicted, the newest first, and what turned out to be true."
      tools={
        <Button busy={page.loading && page.data !== null} onClick={page.reload}>
          Refresh
        </Button>
      }
    >
      {nothing ? (
        <Empty title="This service keeps no log" icon="log">
          <p>{(page.error as ApiError).detail}</p>
        </Empty>
      ) : (
        <>
          <Filters asked={asked} models={models.data?.map((model) => model.name) ?? []} classes={classes(asked.model || null)} onPick={pick} />
          {page.error ? (
            <ErrorNote error={page.error} retry={page.reload} />
          ) : !page.data ? (
            <Loading />
          ) : !page.data.entries.length ? (
            <Empty
              title={filtered || after ? "No entry is like that" : "Nothing was predicted yet"}
              icon="log"
              action={(filtered || after) && <Button onClick={() => navigate(path.peek(), { replace: true })}>Show all</Button>}
            >
              <p>{filtered || after ? "Choose other filters." : "Predictions appear here as soon as they are made."}</p>
            </Empty>
          ) : (
            <>
              <Entries entries={page.data.entries} onOpen={setOpen} />
              <div class="log-foot">
                {after ? (
                  <Button icon={<Icon name="back" size={18} />} onClick={() => setQuery({ after: null })}>
                    To the newest
                  </Button>
                ) : (
                  <span />
                )}
                {page.data.next && (
                  <Button onClick={() => older(page.data?.next ?? "")}>Older entries</Button>
                )}
              </div>
            </>
          )}
        </>
      )}
      {open && <EntryDialog entry={open} classes={classes(open.model)} onClose={() => setOpen(null)} onTruth={(truth) => told(open, truth)} />}
    </Page>
  );
}

/** The next page is a step in the browser's history, so that Back leads to the one before. */
function older(cursor: string): void {
  const next = new URLSearchParams(query.peek());
  next.set("after", cursor);
  navigate(`${path.peek()}?${next}`);
  window.scrollTo(0, 0);
}

/** Write what is chosen as the service takes it; a day is that day of the reader. */
function filtersOf(asked: Record<Name, string>): EntryFilters {
  const { feedback, since, until, ...others } = asked;
  const day = (text: string, more: number) => {
    const time = text ? new Date(`${text}T00:00:00`) : null;
    if (!time || Number.isNaN(time.getTime())) return null;
    time.setDate(time.getDate() + more);
    return time.toISOString();
  };
  const given = Object.fromEntries(Object.entries(others).map(([name, value]) => [name, value || null]));
  return { ...given, since: day(since, 0), until: day(until, 1), ...FEEDBACK[feedback]?.filters };
}

interface FiltersProps {
  asked: Record<Name, string>;
  models: string[];
  classes: string[];
  onPick(name: Name, value: string): void;
}

function Filters({ asked, models, classes, onPick }: FiltersProps) {
  const list = (any: string, choices: Choice[]): Choice[] => [{ value: "", text: any }, ...choices];
  const plain = (value: string): Choice => ({ value, text: value });
  const chosen = Object.values(asked).filter(Boolean).length;
  // on a phone the entries come first
  const [open, setOpen] = useState(() => window.matchMedia("(min-width: 721px)").matches || chosen > 0);
  return (
    <details class="panel log-box" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{chosen ? `Filters (${chosen})` : "Filters"}</summary>
      <div class="log-filters">
        <Select label="Model" value={asked.model} choices={list("any", models.map(plain))} onPick={(value) => onPick("model", value)} />
        {classes.length ? (
          <Select label="Predicted" value={asked.label} choices={list("any", classes.map((each) => ({ value: each, text: nameOf(asked.model, each) })))} onPick={(value) => onPick("label", value)} />
        ) : (
          <Typed label="Predicted" value={asked.label} onSet={(value) => onPick("label", value)} />
        )}
        <Select
          label="Status"
          value={asked.status}
          choices={list("any", ["assigned", "ambiguous", "outside", "refused"].map((value) => ({ value, text: STATUSES[value]?.text ?? value })))}
          onPick={(value) => onPick("status", value)}
        />
        <Select
          label="Feedback"
          value={asked.feedback}
          choices={list("any", Object.entries(FEEDBACK).map(([value, { text }]) => ({ value, text })))}
          onPick={(value) => onPick("feedback", value)}
        />
        <Select label="Role" value={asked.role} choices={list("any", [plain("answer"), plain("shadow")])} onPick={(value) => onPick("role", value)} />
        <Typed label="Customer" value={asked.person} onSet={(value) => onPick("person", value)} />
        <Field label="From" type="date" value={asked.since} onInput={(event) => onPick("since", event.currentTarget.value)} />
        <Field label="To" type="date" value={asked.until} onInput={(event) => onPick("until", event.currentTarget.value)} />
      </div>
    </details>
  );
}

/** A field that counts when it is left, or with Enter. */
function Typed({ label, value, onSet }: { label: string; value: string; onSet(value: string): void }) {
  const [text, setText] = useState(value);
  const set = () => text.trim() !== value && onSet(text.trim());
  return (
    <Field
      label={label}
      value={text}
      autocomplete="off"
      placeholder="any"
      maxLength={200}
      onInput={(event) => setText(event.currentTarget.value)}
      onBlur={set}
      onKeyDown={(event) => event.key === "Enter" && set()}
    />
  );
}

function Entries({ entries, onOpen }: { entries: Entry[]; onOpen(entry: Entry): void }) {
  return (
    <Table
      caption="Predictions"
      rows={entries}
      rowKey={(row) => row.id}
      onRow={onOpen}
      columns={[
        {
          key: "time",
          title: "Time",
          cell: (row) => (
            <button type="button" class="log-open" onClick={() => onOpen(row)}>
              <span class="log-time">{moment(row.time)}</span>
            </button>
          ),
        },
        { key: "label", title: "Predicted", cell: (row) => (row.error ? <span class="field-error">{row.error}</span> : <strong>{nameOf(row.model, row.label) || "–"}</strong>) },
        { key: "confidence", title: "Confidence", number: true, cell: (row) => (row.confidence === null ? "–" : percent(row.confidence)) },
        { key: "status", title: "Status", cell: (row) => row.status && <StatusChip status={row.status} /> },
        { key: "truth", title: "Truth", cell: (row) => <TruthOf entry={row} /> },
        {
          key: "text",
          title: "Text",
          long: true,
          cell: (row) =>
            row.text ? shorten(row.text, 140) : <span class="muted">{row.text_length === null ? "–" : `${count(row.text_length)} characters, not kept`}</span>,
        },
        { key: "model", title: "Model", cell: (row) => `${row.model ?? "–"}${row.version === null ? "" : `:${row.version}`}${row.role === "shadow" ? " (shadow)" : ""}` },
      ]}
    />
  );
}

function TruthOf({ entry }: { entry: Entry }) {
  if (entry.truth === null) return <span class="muted">–</span>;
  const right = entry.truth === entry.label;
  return (
    <span class={right ? "log-truth right" : "log-truth wrong"}>
      {right ? "✓" : "✗"} {nameOf(entry.model, entry.truth)}
    </span>
  );
}
