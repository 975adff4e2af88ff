/** Counts over time: a column for each hour or day. */
import { inSlot } from "./blocks";
import { Figure } from "./blocks/Figure";
import { Scale } from "./blocks/scale";
import { count } from "./format";

export interface TimeChartProps {
  title: string;
  note?: string;
  every: "hour" | "day";
  times: string[];
  /** Drawn over one another, the first at the back. */
  series: { name: string; slot: number; values: number[] }[];
}

const STEP = { hour: 3_600_000, day: 86_400_000 };
const HEIGHT = 200;

export function TimeChart({ title, note, every, times, series }: TimeChartProps) {
  const at = times.map((time) => Date.parse(time));
  const step = STEP[every];
  const high = Math.max(...at) + step;
  // a few columns look lost on a wide chart: leave room for those before
  const low = Math.min(...at, high - 12 * step);
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
        rows: times.map((time, place) => [said(Date.parse(time), every, true), ...series.map((each) => count(each.values[place] ?? 0))]),
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
          {ticks(low, high, step).map((time) => (
            <text x={`${x.percent(time).toFixed(2)}%`} y="100%" dy="1.6em" text-anchor="middle">
              {said(time, every, false)}
            </text>
          ))}
        </g>
        {series.map(({ name, slot, values }) => (
          <g class="columns" style={inSlot(slot)}>
            {values.map((value, place) => {
              const time = at[place] ?? 0;
              if (!value) return null;
              const left = x.percent(time);
              return (
                <rect
                  x={`${left.toFixed(3)}%`}
                  width={`${(x.percent(time + step) - left).toFixed(3)}%`}
                  y={`${(100 - y.percent(value)).toFixed(2)}%`}
                  height={`${y.percent(value).toFixed(2)}%`}
                >
                  <title>{`${said(time, every, true)}: ${count(value)} ${name}`}</title>
                </rect>
              );
            })}
          </g>
        ))}
      </svg>
    </Figure>
  );
}

/** At most five times, at the beginning of a period. */
function ticks(low: number, high: number, step: number): number[] {
  const steps = Math.round((high - low) / step);
  const every = Math.max(1, Math.ceil(steps / 5));
  return Array.from({ length: Math.floor(steps / every) + 1 }, (_, at) => low + at * every * step).filter((time) => time <= high);
}

function said(time: number, every: "hour" | "day", whole: boolean): string {
  const day: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
  const hour: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  const options = every === "day" ? { ...day, timeZone: "UTC" } : whole ? { ...day, ...hour } : hour;
  return new Date(time).toLocaleString("en-GB", options);
}
