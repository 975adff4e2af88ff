import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { IconButton } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { day } from "../../parts/format";
import { histogram } from "./model";

const BINS = 60;
const STEPS = 240;
const FRAME = 120; // ms between pictures while it plays: a map of a million rows keeps up
const WINDOW = 0.12; // share of the time that is shown while it plays, unless a part was chosen

export type Range = [number, number];

interface TimeBarProps {
  time: Float64Array;
  whole: Range;
  range: Range | null;
  onRange(range: Range | null): void;
}

/** Shows the rows of a part of the time, and moves that part along. */
export function TimeBar({ time, whole: [first, last], range, onRange }: TimeBarProps) {
  const bars = useMemo(() => histogram(time, first, last, BINS), [time, first, last]);
  const [playing, setPlaying] = useState(false);
  const span = Math.max(last - first, 1);
  const [low, high] = range ?? [first, last];
  const now = useRef<Range>([low, high]);
  now.current = [low, high];
  const step = (at: number) => Math.round(((at - first) / span) * STEPS);
  const at = (value: number) => first + (value / STEPS) * span;
  const set = (next: Range) => onRange(next[0] <= first && next[1] >= last ? null : next);

  useEffect(() => {
    if (!playing) return;
    let [from, to] = now.current;
    if (from <= first && to >= last) to = from + WINDOW * span;
    else if (to >= last) [from, to] = [first, first + to - from];
    onRange([from, to]);
    const timer = setInterval(() => {
      const by = span / STEPS;
      const [a, b] = now.current;
      if (b + by > last) setPlaying(false);
      else onRange([a + by, b + by]);
    }, FRAME);
    return () => clearInterval(timer);
  }, [playing]);

  const most = Math.max(...bars, 1);
  return (
    <div class="time-bar" role="group" aria-label="Time">
      <IconButton label={playing ? "Pause" : "Play the time"} aria-pressed={playing} onClick={() => setPlaying(!playing)}>
        <Icon name={playing ? "pause" : "play"} />
      </IconButton>
      <div class="time-track">
        <svg viewBox={`0 0 ${BINS} 28`} preserveAspectRatio="none" aria-hidden="true">
          {bars.map((rows, bin) => {
            const tall = rows ? Math.max((rows / most) * 26, 1) : 0;
            const middle = first + ((bin + 0.5) / BINS) * span;
            return <rect key={bin} class={middle >= low && middle <= high ? "in" : ""} x={bin + 0.1} y={28 - tall} width={0.8} height={tall} />;
          })}
        </svg>
        <input
          type="range"
          aria-label="From"
          aria-valuetext={day(low)}
          min={0}
          max={STEPS}
          value={step(low)}
          onInput={(event) => set([Math.min(at(event.currentTarget.valueAsNumber), high), high])}
        />
        <input
          type="range"
          aria-label="To"
          aria-valuetext={day(high)}
          min={0}
          max={STEPS}
          value={step(high)}
          onInput={(event) => set([low, Math.max(at(event.currentTarget.valueAsNumber), low)])}
        />
      </div>
      <span class="time-words">
        {day(low)} – {day(high)}
      </span>
      {range && (
        <IconButton
          label="Show all of the time"
          onClick={() => {
            setPlaying(false);
            onRange(null);
          }}
        >
          <Icon name="close" size={16} />
        </IconButton>
      )}
    </div>
  );
}
