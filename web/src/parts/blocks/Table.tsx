/** A table that a click on a heading sorts; on a phone, rows of long texts become cards. */
import { useMemo, useState } from "preact/hooks";
import { figure } from "../format";
import { Breakable, Sentence } from "./Basics";
import type { TableColumn, TableData } from "../../api/page";

const LONG = 60; // characters of a cell from which on rows become cards on a phone
const COLLATOR = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

interface Order {
  column: number;
  rising: boolean;
}

export function Table({ block }: { block: TableData }) {
  const [order, setOrder] = useState<Order | null>(null);
  const [all, setAll] = useState(false);
  const count = block.columns[0]?.texts.length ?? 0;
  const wordy = useMemo(
    () => block.columns.some((column) => column.texts.some((text) => text.length > LONG)),
    [block],
  );
  const places = useMemo(() => sorted(block.columns, count, order), [block, order]);
  const shown = all ? places : places.slice(0, block.limit);
  const sort = (column: number) =>
    setOrder((before) => ({
      column,
      rising: before?.column === column ? !before.rising : !block.columns[column]?.numeric,
    }));
  return (
    <figure class="panel">
      {block.title && <h3>{block.title}</h3>}
      <div class="scroll" tabIndex={0} role="group" aria-label={block.title || "Table"}>
        <table class={wordy ? "wordy" : undefined}>
          <thead>
            <tr>
              {block.columns.map((column, at) => (
                <th
                  scope="col"
                  class={column.numeric ? "number" : undefined}
                  aria-sort={order?.column === at ? (order.rising ? "ascending" : "descending") : undefined}
                >
                  <button type="button" onClick={() => sort(at)}>
                    <Breakable text={column.name} />
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((place) => (
              <tr key={place}>
                {block.columns.map((column) => (
                  <Cell column={column} place={place} wordy={wordy} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < count && (
        <button type="button" class="show-all" onClick={() => setAll(true)}>
          Show all {figure(count)} rows
        </button>
      )}
      {block.note && (
        <figcaption>
          <Sentence text={block.note} />
        </figcaption>
      )}
    </figure>
  );
}

function Cell({ column, place, wordy }: { column: TableColumn; place: number; wordy: boolean }) {
  const text = column.texts[place] ?? "";
  const whole = column.wholes?.[place];
  const note = column.notes?.[place];
  return (
    <td data-name={wordy ? column.name : undefined} class={column.numeric ? "number" : text.length > LONG ? "long" : undefined}>
      {whole ? (
        <details class="whole">
          <summary>
            <Breakable text={text} />
          </summary>
          <div>{whole}</div>
        </details>
      ) : (
        <Breakable text={text} />
      )}
      {note && <small>{note}</small>}
    </td>
  );
}

/** Give the places of the rows in their order; numbers that are missing come last. */
export function sorted(columns: TableColumn[], count: number, order: Order | null): number[] {
  const places = Array.from({ length: count }, (_, at) => at);
  const column = order ? columns[order.column] : undefined;
  if (!order || !column) return places;
  const sign = order.rising ? 1 : -1;
  const values = column.values;
  if (values) {
    return places.sort((a, b) => {
      const [x, y] = [values[a] ?? null, values[b] ?? null];
      if (x === null || y === null) return Number(x === null) - Number(y === null);
      return sign * (x - y);
    });
  }
  return places.sort((a, b) => sign * COLLATOR.compare(column.texts[a] ?? "", column.texts[b] ?? ""));
}
