/** The frame of a chart: title, legend, names of the axes, note, and its numbers as a table. */
import { useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { inSlot } from "./slots";
import type { Scale } from "./scale";
import { Sentence } from "./Basics";

export function Swatch({ slot }: { slot?: number | null | undefined }) {
  return (
    <svg class="swatch" viewBox="0 0 12 12" aria-hidden="true" style={inSlot(slot)}>
      <circle cx="6" cy="6" r="5" />
    </svg>
  );
}

/** Ticks of both axes, with lines across the plot. */
export function Axes({ x, y }: { x: Scale; y: Scale }) {
  return (
    <g class="axes" aria-hidden="true">
      {y.ticks().map(({ at, text }) => (
        <>
          <line x1="0" x2="100%" y1={`${(100 - at).toFixed(2)}%`} y2={`${(100 - at).toFixed(2)}%`} />
          <text x="-8" y={`${(100 - at).toFixed(2)}%`} dy="0.35em" text-anchor="end">
            {text}
          </text>
        </>
      ))}
      {x.ticks().map(({ at, text }) => (
        <text x={`${at.toFixed(2)}%`} y="100%" dy="1.6em" text-anchor="middle">
          {text}
        </text>
      ))}
    </g>
  );
}

export interface NumbersOf {
  heads: string[];
  rows: string[][];
}

/** A chart in its panel. */
export function Figure(props: {
  title: string;
  note?: string;
  xLabel?: string;
  yLabel?: string;
  names?: string[];
  /** Colours of the names; 0, 1, 2 … where they are not given. */
  slots?: number[];
  numbers?: NumbersOf;
  children: ComponentChildren;
}) {
  const { title, note, xLabel, yLabel, names = [], slots, numbers, children } = props;
  return (
    <figure class="panel">
      {title && <h3>{title}</h3>}
      {names.length > 1 && (
        <ul class="legend">
          {names.map((name, place) => (
            <li>
              <Swatch slot={slots?.[place] ?? place} />
              {name}
            </li>
          ))}
        </ul>
      )}
      {yLabel && <p class="axis-name">{yLabel}</p>}
      {children}
      {xLabel && <p class="axis-name along">{xLabel}</p>}
      {note && (
        <figcaption>
          <Sentence text={note} />
        </figcaption>
      )}
      {numbers && numbers.rows.length > 0 && numbers.rows.length <= 200 && <Numbers {...numbers} title={title} />}
    </figure>
  );
}

/** The numbers of a chart, for those who do not see it or want them exactly. */
function Numbers({ heads, rows, title }: NumbersOf & { title: string }) {
  const [open, setOpen] = useState(false);
  return (
    <details class="numbers" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Numbers</summary>
      {open && (
        <div class="scroll" tabIndex={0} role="group" aria-label={`Numbers of ${title || "the chart"}`}>
          <table>
            <thead>
              <tr>
                {heads.map((head) => (
                  <th scope="col">{head}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr>
                  {row.map((cell) => (
                    <td class="number">{cell}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
