/** The panel of filters: one for each column. */
import { useState } from "preact/hooks";
import type { SearchColumn } from "../../api/search";
import { inSlot, Swatch } from "../../parts/blocks";
import { Button } from "../../parts/Button";
import { Field } from "../../parts/Field";
import { count, figure } from "../../parts/format";
import { controlOf, counts, type Choice, type Choices } from "./filters";

const LISTED = 7; // values shown at first
const OPEN = 4; // columns that are open at first
const FINDABLE = 15; // values from which on a box finds them

export interface FiltersProps {
  columns: SearchColumn[];
  slots: Record<string, Record<string, number>>;
  choices: Choices;
  typed: string;
  onChoose(choices: Choices): void;
  onType(expression: string): void;
}

export function Filters({ columns, slots, choices, typed, onChoose, onType }: FiltersProps) {
  const choose = (name: string, choice: Choice) => {
    const { [name]: _, ...others } = choices;
    onChoose(counts(choice) ? { ...others, [name]: choice } : others);
  };
  // columns whose values are listed or measured come before those of free text
  const order = [...columns].sort((a, b) => Number(controlOf(a) === "contains") - Number(controlOf(b) === "contains"));
  return (
    <div class="filters">
      {order.map((column, place) => (
        <ColumnFilter
          key={column.name}
          column={column}
          slots={slots[column.name] ?? {}}
          choice={choices[column.name] ?? {}}
          open={place < OPEN || counts(choices[column.name])}
          onChoose={(choice) => choose(column.name, choice)}
        />
      ))}
      <Typed typed={typed} onType={onType} />
    </div>
  );
}

interface ColumnProps {
  column: SearchColumn;
  slots: Record<string, number>;
  choice: Choice;
  open: boolean;
  onChoose(choice: Choice): void;
}

function ColumnFilter({ column, slots, choice, open, onChoose }: ColumnProps) {
  const control = controlOf(column);
  return (
    <details class="filter" open={open}>
      <summary>
        <span>{column.name}</span>
        {counts(choice) && <span class="filter-on">on</span>}
      </summary>
      <fieldset>
        <legend class="unseen">{column.name}</legend>
        {control === "values" && <Values column={column} slots={slots} choice={choice} onChoose={onChoose} />}
        {control === "contains" && <Contains column={column} choice={choice} onChoose={onChoose} />}
        {(control === "range" || control === "dates") && <Range column={column} choice={choice} onChoose={onChoose} />}
        {control === "truth" &&
          [true, false].map((is) => (
            <Check
              key={String(is)}
              text={is ? "yes" : "no"}
              rows={column.counts?.[is ? 0 : 1]}
              checked={choice.is === is}
              onCheck={(checked) => onChoose(checked ? { ...choice, is } : without(choice, "is"))}
            />
          ))}
        {column.missing > 0 && (
          <Check
            text="no value"
            rows={column.missing}
            checked={Boolean(choice.missing)}
            onCheck={(checked) => onChoose(checked ? { ...choice, missing: true } : without(choice, "missing"))}
          />
        )}
      </fieldset>
    </details>
  );
}

function without(choice: Choice, name: keyof Choice): Choice {
  const { [name]: _, ...others } = choice;
  return others;
}

function Check(props: { text: string; rows?: number | undefined; checked: boolean; slot?: number | undefined; onCheck(checked: boolean): void }) {
  const { text, rows, checked, slot, onCheck } = props;
  return (
    <label class="check" style={inSlot(slot)}>
      <input type="checkbox" checked={checked} onChange={(event) => onCheck(event.currentTarget.checked)} />
      {slot !== undefined && <Swatch slot={slot} />}
      <span class="check-text">{text}</span>
      {rows !== undefined && <small>{count(rows)}</small>}
    </label>
  );
}

function Values({ column, slots, choice, onChoose }: Omit<ColumnProps, "open">) {
  const [all, setAll] = useState(false);
  const [words, setWords] = useState("");
  const chosen = choice.values ?? [];
  const order = column.levels.length ? [...column.levels].reverse() : column.values;
  const known = [...order, ...[...column.values, ...chosen].filter((value) => !order.includes(value))];
  const values = [...new Set(known)];
  const found = values.filter((value) => value.toLowerCase().includes(words.trim().toLowerCase()));
  const shown = all || words ? found : found.filter((value, at) => at < LISTED || chosen.includes(value));
  const rows = (value: string) => column.counts?.[column.values.indexOf(value)];
  const check = (value: string, checked: boolean) => {
    const next = checked ? [...chosen, value] : chosen.filter((each) => each !== value);
    onChoose(next.length ? { ...choice, values: next } : without(choice, "values"));
  };
  return (
    <>
      {values.length >= FINDABLE && (
        <Field label={`Find a value of ${column.name}`} hideLabel type="search" placeholder="Find a value" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
      )}
      {shown.map((value) => (
        <Check
          key={value}
          text={value}
          rows={rows(value)}
          slot={slots[value]}
          checked={chosen.includes(value)}
          onCheck={(checked) => check(value, checked)}
        />
      ))}
      {shown.length < found.length && (
        <Button kind="quiet" small onClick={() => setAll(true)}>
          Show all {count(found.length)}
        </Button>
      )}
    </>
  );
}

function Contains({ column, choice, onChoose }: Omit<ColumnProps, "open" | "slots">) {
  const entered = useEntered(choice.contains ?? "", (value) => {
    const contains = value.trim();
    onChoose(contains ? { ...choice, contains } : without(choice, "contains"));
  });
  return (
    <label class="filter-text">
      <span class="unseen">{column.name} contains</span>
      <input
        type="search"
        placeholder="contains…"
        {...entered}
      />
    </label>
  );
}

function Range({ column, choice, onChoose }: Omit<ColumnProps, "open" | "slots">) {
  const dates = column.kind === "date";
  const bound = (value: number | string | null) => (value === null ? "" : dates ? String(value).slice(0, 10) : figure(Number(value)));
  const set = (name: "from" | "to", value: string) => onChoose(value ? { ...choice, [name]: value } : without(choice, name));
  const wrong = Boolean(choice.from && choice.to && (dates ? choice.from > choice.to : Number(choice.from) > Number(choice.to)));
  return (
    <>
      <div class="filter-range">
        {(["from", "to"] as const).map((name) => (
          <Bound
            key={name}
            name={name}
            type={dates ? "date" : "number"}
            value={choice[name] ?? ""}
            ends={[bound(column.low), bound(column.high)]}
            wrong={wrong}
            onEnter={(value) => set(name, value)}
          />
        ))}
      </div>
      {wrong ? (
        <p class="field-error">“from” is after “to”: no row can pass.</p>
      ) : (
        column.low !== null && (
          <p class="field-hint">
            {bound(column.low)} to {bound(column.high)}
          </p>
        )
      )}
    </>
  );
}

interface BoundProps {
  name: "from" | "to";
  type: "date" | "number";
  value: string;
  ends: [string, string];
  wrong: boolean;
  onEnter(value: string): void;
}

function Bound({ name, type, value, ends, wrong, onEnter }: BoundProps) {
  const entered = useEntered(value, onEnter);
  const placeholder = ends[name === "from" ? 0 : 1];
  return (
    <label>
      <span>{name}</span>
      {type === "date" ? (
        <input type="date" placeholder={placeholder} min={ends[0]} max={ends[1]} aria-invalid={wrong || undefined} {...entered} />
      ) : (
        <input type="number" placeholder={placeholder} step="any" aria-invalid={wrong || undefined} {...entered} />
      )}
    </label>
  );
}

/** A field that counts when it is left: what is being typed stays when answers arrive meanwhile. */
function useEntered(value: string, onEnter: (value: string) => void) {
  const [draft, setDraft] = useState<string | null>(null);
  return {
    value: draft ?? value,
    onInput: (event: { currentTarget: HTMLInputElement }) => setDraft(event.currentTarget.value),
    onChange: (event: { currentTarget: HTMLInputElement }) => {
      setDraft(null);
      onEnter(event.currentTarget.value);
    },
  };
}

/** A filter typed by those who know the language. */
function Typed({ typed, onType }: { typed: string; onType(expression: string): void }) {
  const [text, setText] = useState(typed);
  return (
    <details class="filter" open={Boolean(typed)}>
      <summary>
        <span>Typed filter</span>
        {typed && <span class="filter-on">on</span>}
      </summary>
      <label class="filter-text">
        <span class="unseen">Filter as an expression</span>
        <textarea
          class="filter-code"
          rows={3}
          spellcheck={false}
          placeholder="urgency = 'high' AND NOT …"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <Button small disabled={text.trim() === typed} onClick={() => onType(text.trim())}>
        Apply
      </Button>
    </details>
  );
}
