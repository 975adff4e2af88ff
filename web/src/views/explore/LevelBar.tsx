import { useEffect, useId, useState } from "preact/hooks";
import type { Segments } from "../../api/types";
import { count } from "../../parts/format";
import { useStore } from "../project/store";

/** More or fewer segments, with the range that the data supports. */
export function LevelBar({ segments }: { segments: Segments }) {
  const store = useStore();
  const id = useId();
  const { levels, level } = segments;
  const [low, high] = segments.range ?? [];
  const place = nearest(levels, level);
  const [at, setAt] = useState(place);
  useEffect(() => setAt(place), [place, level]);
  if (levels.length < 2) return null;
  const ends = levels.length - 1;
  // where a number of segments lies on the slider
  const share = (groups: number) => (nearest(levels, groups) / ends) * 100;
  const change = async (wanted: number) => {
    const groups = levels[wanted];
    if (groups === undefined || groups === level) return;
    if (!(await store.edit({ edit: "level", groups }))) setAt(place);
  };
  return (
    <div class="level-bar">
      <div class="spread">
        <label for={id}>Number of segments</label>
        <output for={id}>{count(at === place ? level : (levels[at] ?? level))}</output>
      </div>
      <div class="level-track">
        {low !== undefined && high !== undefined && <span class="level-range" aria-hidden="true" style={{ left: `${share(low)}%`, right: `${100 - share(high)}%` }} />}
        <input
          id={id}
          type="range"
          min={0}
          max={ends}
          value={at}
          disabled={store.fixed.value || store.busy.value}
          aria-valuetext={`${count(levels[at] ?? level)} segments`}
          onInput={(event) => setAt(event.currentTarget.valueAsNumber)}
          onChange={(event) => void change(event.currentTarget.valueAsNumber)}
        />
      </div>
      {low !== undefined && high !== undefined && (
        <p class="field-hint">
          The data supports {low === high ? count(low) : `${count(low)} to ${count(high)}`}.
        </p>
      )}
    </div>
  );
}

function nearest(levels: number[], groups: number): number {
  let best = 0;
  levels.forEach((each, place) => {
    if (Math.abs(each - groups) < Math.abs((levels[best] ?? Infinity) - groups)) best = place;
  });
  return best;
}
