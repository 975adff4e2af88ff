import { useState } from "preact/hooks";
import { discover, previewProject } from "../../api/projects";
import type { ColumnKind, Columns, EncoderChoice, Preview, PreviewColumn } from "../../api/types";
import { Button } from "../../parts/Button";
import { Chip } from "../../parts/Chip";
import { ErrorNote } from "../../parts/ErrorNote";
import { Field, Radios, Select } from "../../parts/Field";
import { Loading } from "../../parts/Loading";
import { count, share } from "../../parts/format";
import { useLoad } from "../../parts/useLoad";
import { useStore } from "./store";
import "../../parts/Table.css";

const KINDS: Record<ColumnKind, string> = {
  text: "Text", category: "Category", number: "Number", date: "Date", id: "Id", empty: "Empty", list: "List",
};

const ENCODERS: { value: EncoderChoice; text: string; hint: string }[] = [
  { value: "minilm", text: "English texts", hint: "Compares what texts mean. The best start for English." },
  { value: "multilingual", text: "Other or several languages", hint: "Compares meaning across about 50 languages; takes longer." },
  { value: "static", text: "Very large tables", hint: "About 20 times faster, a little less exact." },
  { value: "tfidf", text: "Words alone", hint: "Compares the words themselves and needs no language model: for codes, tags and short notes." },
];

const SHORT = new Set<ColumnKind>(["date", "number", "id"]);
const FEWEST = 2;
const MOST = 5000;

/** Which column is what, and how groups are looked for. */
export function Setup() {
  const store = useStore();
  const project = store.project.value;
  const [sheet, setSheet] = useState<string | null>(null);
  const preview = useLoad((stop) => previewProject(store.id, sheet, stop), [store.id, sheet]);
  if (!project) return null;
  return (
    <div class="setup">
      {project.state === "failed" && <ErrorNote error={`${project.error} Change what is chosen below, then start again.`} />}
      {project.state === "cancelled" && <p class="muted">The work was cancelled. You can start it again.</p>}
      {preview.error !== null && <ErrorNote error={preview.error} retry={preview.reload} />}
      {!preview.data && preview.error === null && <Loading label="Reading the first rows…" />}
      {preview.data && (
        <Choices
          key={sheet ?? ""}
          preview={preview.data}
          chosen={sheet === null ? project.columns : null}
          sheet={sheet}
          onSheet={setSheet}
        />
      )}
    </div>
  );
}

interface ChoicesProps {
  preview: Preview;
  /** What was chosen the last time. */
  chosen: Partial<Columns> | null;
  sheet: string | null;
  onSheet(sheet: string): void;
}

function Choices({ preview, chosen, sheet, onSheet }: ChoicesProps) {
  const store = useStore();
  const guess: Columns = { ...preview.guess, ...(chosen?.text ? { text: null, id: null, labels: [], time: null, person: null, ...clean(chosen) } : {}) };
  const [text, setText] = useState(guess.text ?? "");
  const [id, setId] = useState(guess.id ?? "");
  const [labels, setLabels] = useState(guess.labels);
  const [time, setTime] = useState(guess.time ?? "");
  const [person, setPerson] = useState(guess.person ?? "");
  const [encoder, setEncoder] = useState<EncoderChoice>("minilm");
  const [automatic, setAutomatic] = useState(true);
  const [groups, setGroups] = useState("12");
  const [personal, setPersonal] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const number = Number(groups);
  const wrong = automatic || (Number.isInteger(number) && number >= FEWEST && number <= MOST) ? null : `A whole number from ${FEWEST} to ${count(MOST)}.`;
  const send = async () => {
    if (wrong || !text) return;
    setBusy(true);
    setError(null);
    try {
      store.project.value = await discover(store.id, {
        text,
        id: id || null,
        labels: labels.filter((name) => name !== text),
        time: time || null,
        person: person || null,
        sheet,
        encoder,
        groups: automatic ? null : number,
        show_personal: personal,
      });
      window.scrollTo(0, 0);
    } catch (problem) {
      setError(problem);
    }
    setBusy(false);
  };
  const choices = (none: string, fits: ColumnKind[]) => [{ value: "", text: none }, ...sorted(preview.columns, fits)];
  const role = (name: string) =>
    [name === text && "text", name === id && "id", labels.includes(name) && "label", name === time && "time", name === person && "person"]
      .filter(Boolean)
      .join(", ");
  const comparable = preview.columns.filter((column) => ["category", "list"].includes(column.kind) || labels.includes(column.name));

  return (
    <form
      class="setup"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div class="setup-grid">
        <section class="panel" aria-labelledby="setup-columns">
          <h2 id="setup-columns">What is in the table</h2>
          {preview.sheets.length > 1 && (
            <Select
              label="Sheet"
              value={sheet ?? preview.sheets[0] ?? ""}
              choices={preview.sheets.map((name) => ({ value: name, text: name }))}
              onPick={onSheet}
            />
          )}
          <Select
            label="Text"
            hint="Segments are found in what people wrote here."
            value={text}
            required
            choices={[...(text ? [] : [{ value: "", text: "Choose a column" }]), ...sorted(preview.columns, ["text"])]}
            onPick={setText}
          />
          <Select label="Id" hint="Tells the rows apart." value={id} choices={choices("None: number the rows", ["id"])} onPick={setId} />
          <Select label="Date or time" hint="Shows which segments grow or shrink over time." value={time} choices={choices("None", ["date"])} onPick={setTime} />
          <Select
            label="Person"
            hint="All rows of a person become one."
            value={person}
            choices={choices("None: every row for itself", ["id", "category"])}
            onPick={setPerson}
          />
          {comparable.length > 0 && (
            <fieldset class="label-choices">
              <legend>Labels to compare with</legend>
              {comparable.map((column) => (
                <label key={column.name}>
                  <input
                    type="checkbox"
                    checked={labels.includes(column.name)}
                    onChange={(event) =>
                      setLabels(event.currentTarget.checked ? [...labels, column.name] : labels.filter((name) => name !== column.name))
                    }
                  />
                  {column.name}
                </label>
              ))}
              <p class="field-hint">Known categories. They do not change what is found; the report says how well both agree.</p>
            </fieldset>
          )}
        </section>
        <section class="panel" aria-labelledby="setup-how">
          <h2 id="setup-how">How to look for groups</h2>
          <Radios legend="What the texts are" value={encoder} choices={ENCODERS} onPick={(value) => setEncoder(value)} />
          <Radios
            legend="How many segments"
            value={automatic ? "automatic" : "number"}
            choices={[
              { value: "automatic", text: "As many as the data supports", hint: "You can move to more or fewer afterwards." },
              { value: "number", text: "A certain number" },
            ]}
            onPick={(value) => setAutomatic(value === "automatic")}
          />
          {!automatic && (
            <div class="groups-number">
              <Field
                label="Number of segments"
                type="number"
                min={FEWEST}
                max={MOST}
                value={groups}
                error={wrong}
                onInput={(event) => setGroups(event.currentTarget.value)}
              />
            </div>
          )}
          <fieldset class="label-choices">
            <legend>Personal data</legend>
            <label>
              <input type="checkbox" checked={personal} onChange={(event) => setPersonal(event.currentTarget.checked)} />
              Show it
            </label>
            <p class="field-hint">E-mail addresses, phone numbers, card numbers and the like are masked otherwise.</p>
          </fieldset>
        </section>
      </div>
      {error !== null && <ErrorNote error={error} />}
      <div class="setup-foot">
        <Button kind="main" type="submit" busy={busy} disabled={!text || Boolean(wrong)}>
          Find segments
        </Button>
        {!text && <span class="muted">Choose the column of the text first.</span>}
      </div>
      <section aria-labelledby="setup-rows">
        <h2 id="setup-rows">The first rows</h2>
        {preview.notes.length > 0 && (
          <ul class="notes">
            {preview.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        )}
        <FirstRows preview={preview} role={role} />
      </section>
    </form>
  );
}

function FirstRows({ preview, role }: { preview: Preview; role(name: string): string }) {
  return (
    <div class="table-scroll preview" tabIndex={0} role="region" aria-label="The first rows of the table">
      <table class="table">
        <thead>
          <tr>
            {preview.columns.map((column) => (
              <th key={column.name} scope="col" class={role(column.name) ? "in-use" : ""}>
                <span class="column-head">
                  <strong>{column.name}</strong>
                  <span class="row">
                    <Chip title={about(column)}>{KINDS[column.kind] ?? column.kind}</Chip>
                    {role(column.name) && <Chip tone="accent">{role(column.name)}</Chip>}
                  </span>
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {preview.rows.map((row, place) => (
            <tr key={place}>
              {preview.columns.map((column, at) => (
                <td key={column.name} class={[column.kind === "text" ? "is-text" : SHORT.has(column.kind) && "is-short", role(column.name) && "in-use"].filter(Boolean).join(" ")}>
                  <div class={row[at] === null ? "missing" : ""}>{row[at] ?? "–"}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function about(column: PreviewColumn): string {
  const missing = column.missing > 0 ? `, ${share(column.missing)} missing` : "";
  return `${count(column.distinct)} different${missing}`;
}

/** Columns for a select, those of the fitting kinds first. */
function sorted(columns: PreviewColumn[], fits: ColumnKind[]) {
  const rank = (column: PreviewColumn) => (fits.includes(column.kind) ? 0 : 1);
  return [...columns]
    .sort((a, b) => rank(a) - rank(b))
    .map((column) => ({
      value: column.name,
      text: `${column.name} (${(KINDS[column.kind] ?? column.kind).toLowerCase()})`,
      disabled: column.kind === "empty",
    }));
}

/** Only the columns of what was chosen, without what is null. */
function clean(chosen: Partial<Columns>): Partial<Columns> {
  const names = ["text", "id", "labels", "time", "person"] as const;
  return Object.fromEntries(names.filter((name) => chosen[name]).map((name) => [name, chosen[name]]));
}
