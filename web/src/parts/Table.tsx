import type { ComponentChildren } from "preact";
import "./Table.css";

export interface TableColumn<T> {
  key: string;
  title: ComponentChildren;
  cell(row: T): ComponentChildren;
  number?: boolean;
  /** Long text: gets the room that is left. */
  long?: boolean;
}

export interface TableProps<T> {
  /** Said by screen readers. */
  caption: string;
  columns: TableColumn<T>[];
  rows: T[];
  rowKey(row: T, place: number): string | number;
  onRow?: ((row: T) => void) | undefined;
  rowClass?: (row: T) => string | undefined;
}

export function Table<T>({ caption, columns, rows, rowKey, onRow, rowClass }: TableProps<T>) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={caption}>
      <table class="table">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" class={column.number ? "number" : ""}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            <tr
              key={rowKey(row, place)}
              class={[onRow && "clickable", rowClass?.(row)].filter(Boolean).join(" ")}
              onClick={onRow ? (event) => !isControl(event.target) && onRow(row) : undefined}
            >
              {columns.map((column) => (
                <td key={column.key} class={column.number ? "number" : column.long ? "long" : ""}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("a,button,input,select,label") !== null;
}
