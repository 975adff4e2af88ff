import type { Row } from "../../api/types";
import { Chip, Swatch } from "../../parts/Chip";
import { Gauge } from "../../parts/Gauge";
import { slotColour } from "../../style/palette";
import { useStore } from "./store";
import "../../parts/Table.css";
import "./RowTable.css";

interface RowTableProps {
  rows: Row[];
  caption: string;
  chosen: Set<number>;
  onChoose(chosen: Set<number>): void;
  /** Whether each row says its segment. */
  named?: boolean;
}

/** Rows with a box to choose each. */
export function RowTable({ rows, caption, chosen, onChoose, named }: RowTableProps) {
  const all = rows.length > 0 && rows.every((row) => chosen.has(row.at));
  const change = (places: number[], on: boolean) => {
    const next = new Set(chosen);
    for (const place of places) {
      if (on) next.add(place);
      else next.delete(place);
    }
    onChoose(next);
  };
  return (
    <div class="table-scroll row-table">
      <table class="table">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            <th scope="col" class="row-box">
              <label>
                <input type="checkbox" checked={all} aria-label="Choose all rows of this page" onChange={(event) => change(rows.map((row) => row.at), event.currentTarget.checked)} />
              </label>
            </th>
            <th scope="col">Text</th>
            {named && <th scope="col">Segment</th>}
            <th scope="col">Confidence</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.at} class={chosen.has(row.at) ? "chosen" : ""}>
              <td class="row-box">
                <label>
                  <input
                    type="checkbox"
                    checked={chosen.has(row.at)}
                    aria-label={`Choose row ${row.id}`}
                    onChange={(event) => change([row.at], event.currentTarget.checked)}
                  />
                </label>
              </td>
              <td class="long">
                <RowText row={row} />
              </td>
              {named && (
                <td>
                  <SegmentMark id={row.segment} name={row.name} />
                </td>
              )}
              <td class="row-confidence">
                <Gauge value={row.confidence} label="Confidence" hideLabel />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A row's text, its id, and what the table says of it. */
export function RowText({ row }: { row: Row }) {
  const values = valuesOf(row);
  return (
    <>
      <div class="row-text">{row.text}</div>
      <div class="row-values">
        <span>{row.id}</span>
        {values.map(([name, value]) => (
          <span key={name}>
            {name}: <b>{value}</b>
          </span>
        ))}
      </div>
    </>
  );
}

/** What the table says of a row beside its text, as it is read. */
export function valuesOf(row: Row): [string, string][] {
  return Object.entries(row.values)
    .filter(([, value]) => value !== null && value !== "" && value !== row.text)
    .map(([name, value]) => [name, String(value).replace(/^(\d{4}-\d\d-\d\d)T00:00:00(\.0+)?Z?$/, "$1")]);
}

/** The name of a segment with its colour. */
export function SegmentMark({ id, name }: { id: string; name: string }) {
  const store = useStore();
  const segment = store.segments.value?.segments.find((each) => each.id === id);
  if (!id) return <Chip>In no segment</Chip>;
  return (
    <span class="segment-mark">
      <Swatch colour={slotColour(segment?.colour ?? -1)} />
      <span>{segment?.name ?? name}</span>
    </span>
  );
}
