/** Counts over time: a column for each minute, hour or day. */
import type { Every } from "../api/watching";
import { inSlot } from "./blocks";
import { Figure } from "./blocks/Figure";
import { Scale } from "./blocks/scale";
import { count } from "./format";
import { STEP, stepText, timeTicks } from "./times";

export interface TimeChartProps {
  title: string;
  note?: string;
  every: Every;
  /** Beginnings of the columns; those that are empty may be left out. */
  times: string[];
  /** The ends of the axis; those of the columns where they are not given. */
  from?: number | undefined;
  to?: number | undefined;
  /** Drawn over one another, the first at the back. */
  series: { name: string; slot: number; values: number[] }[];
}

const HEIGHT = 200;
const DENSE = 100; // columns from here on are too narrow for lines between them; a judgement

export function TimeChart({ title, note, every, times, from, to, series }: TimeChartProps) {
  const at = times.map((time) => Date.parse(time));
  const step = STEP[every];
  const last = Math.max(...at);
  const high = to !== undefined && to > last ? to : last + step; // the clock of the service may be ahead
  // a few columns look lost on a wide chart: leave room for those before
  const low = from ?? Math.min(...at, high - 12 * step);
  const x = Scale.over([low, high]);
  const y = Scale.over([0, Math.max(1, ...series.flatMap((each) => each.values))], { pad: 0 });
  return (
    <Figure
      title={title}
      note={note ?? ""}
      names={series.length > 1 ? series.map((each) => each.name) : []}
      slots={series.map((each) => each.slot)}
      numbers={{
        heads: [every, ...series.map((each) => each.name)],
        rows: times.map((time, place) => [stepText(Date.parse(time), every), ...series.map((each) => count(each.values[place] ?? 0))]),
      }}
    >
      <svg class="plot" height={HEIGHT} role="img" aria-label={`${title}, by ${every}`}>
        <g class="axes" aria-hidden="true">
          {y
            .ticks()
            .filter((tick) => !tick.text.includes("."))
            .map(({ at: place, text }) => (
              <>
                <line x1="0" x2="100%" y1={`${(100 - place).toFixed(2)}%`} y2={`${(100 - place).toFixed(2)}%`} />
                <text x="-8" y={`${(100 - place).toFixed(2)}%`} dy="0.35em" text-anchor="end">
                  {text}
                </text>
              </>
            ))}
          {timeTicks(low, high, every).map(({ time, text }) => (
            <text x={`${x.percent(time).toFixed(2)}%`} y="100%" dy="1.6em" text-anchor="middle">
              {text}
            </text>
          ))}
        </g>
        {series.map(({ name, slot, values }) => (
          <g class={(high - low) / step > DENSE ? "columns dense" : "columns"} style={inSlot(slot)}>
            {values.map((value, place) => {
              const time = at[place] ?? 0;
              if (!value) return null;
              const left = x.percent(Math.max(time, low));
              const right = x.percent(Math.min(time + step, high));
              return (
                <rect
                  x={`${left.toFixed(3)}%`}
                  width={`${(right - left).toFixed(3)}%`}
                  y={`${(100 - y.percent(value)).toFixed(2)}%`}
                  height={`${y.percent(value).toFixed(2)}%`}
                >
                  <title>{`${stepText(time, every)}: ${count(value)} ${name}`}</title>
                </rect>
              );
            })}
          </g>
        ))}
      </svg>
    </Figure>
  );
}
