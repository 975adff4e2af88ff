import { useMemo, useRef, useState } from "preact/hooks";
import type { ColumnValues, Points } from "../../api/arrow";
import type { Row, Segment, Segments } from "../../api/types";
import { Button, ButtonLink, IconButton } from "../../parts/Button";
import { Chip, Swatch } from "../../parts/Chip";
import { Field, Select } from "../../parts/Field";
import { Gauge } from "../../parts/Gauge";
import { Icon } from "../../parts/Icon";
import { count, day, figure, plural, share } from "../../parts/format";
import { href } from "../../router";
import { to } from "../../routes";
import { slotColour } from "../../style/palette";
import { has } from "../project/dialogs";
import { SegmentActions } from "../project/SegmentActions";
import { Sparkline } from "../project/Sparkline";
import { useStore } from "../project/store";
import { RowCard } from "./HoverCard";
import { LevelBar } from "./LevelBar";
import { countsOf, rangeOf } from "./model";

const MANY = 12; // segments from which on they can be filtered
const MOST_VALUES = 200;

interface PanelProps {
  points: Points;
  segments: Segments | null;
  colourBy: string;
  onColourBy(column: string): void;
  column: ColumnValues | null;
  /** Code of the category that is lit. */
  category: number | null;
  onCategory(code: number | null): void;
  segment: string | null;
  onSegment(id: string | null): void;
  row: Row | null;
  onRow(row: null): void;
  onChooseRow(place: number): void;
}

/** Beside the map: its colours, the segments, and what was clicked. */
export function Panel(props: PanelProps) {
  const { points, segments, colourBy, onColourBy } = props;
  const store = useStore();
  const [open, setOpen] = useState(false);
  const found = segments?.segments.find((each) => each.id === props.segment) ?? null;
  const live = segments?.segments.filter((each) => each.size > 0).length ?? points.meta.segments.length;
  const start = useRef<number | null>(null);
  return (
    <aside class={open || props.row || found ? "explore-panel open" : "explore-panel"} aria-label="Segments and colours">
      <button
        type="button"
        class="sheet-handle"
        aria-expanded={open}
        onClick={() => {
          if (props.row || found) {
            props.onRow(null);
            props.onSegment(null);
            setOpen(false);
          } else setOpen(!open);
        }}
        onPointerDown={(event) => {
          start.current = event.clientY;
        }}
        onPointerUp={(event) => {
          const by = event.clientY - (start.current ?? event.clientY);
          start.current = null;
          if (Math.abs(by) > 24) setOpen(by > 0);
        }}
      >
        <span class="sheet-grip" aria-hidden="true" />
        <span>{props.row ? "Row" : found ? found.name : plural(live, "segment")}</span>
        <Icon name={open || props.row || found ? "down" : "up"} size={18} />
      </button>
      <div class="explore-panel-body">
        {props.row && (
          <section class="row-card panel-card" aria-label="Row">
            <div class="spread">
              <h2>Row</h2>
              <IconButton label="Close" onClick={() => props.onRow(null)}>
                <Icon name="close" />
              </IconButton>
            </div>
            <RowCard row={props.row} />
            <div class="row">
              <Button small onClick={() => props.onChooseRow(props.row?.at ?? 0)}>
                Choose this row
              </Button>
              {store.project.value?.searchable && (
                <ButtonLink small href={href(`${to("p", store.id, "search")}?like=${encodeURIComponent(JSON.stringify([props.row.id]))}`)}>
                  Find others like it
                </ButtonLink>
              )}
            </div>
          </section>
        )}
        {found && segments ? (
          <Details segment={found} segments={segments} onClose={() => props.onSegment(null)} />
        ) : (
          <>
            <Select
              label="Colour by"
              value={colourBy}
              choices={[
                { value: "", text: "Segment" },
                ...points.meta.columns.map((column) => ({ value: column.name, text: column.name })),
              ]}
              onPick={onColourBy}
            />
            {colourBy && <Legend {...props} />}
            {segments && !colourBy && <LevelBar segments={segments} />}
            {!colourBy && <SegmentList {...props} />}
          </>
        )}
      </div>
    </aside>
  );
}

function SegmentList({ segments, segment, onSegment }: PanelProps) {
  const [words, setWords] = useState("");
  const all = useMemo(() => [...(segments?.segments ?? [])].filter((each) => each.size > 0).sort((a, b) => b.size - a.size), [segments]);
  const shown = all.filter((each) => has(each, words));
  return (
    <>
      {all.length > MANY && (
        <Field label="Filter segments" hideLabel type="search" placeholder="Filter segments" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
      )}
      <ul class="segment-list">
        {shown.map((each) => (
          <li key={each.id}>
            <button type="button" aria-pressed={each.id === segment} onClick={() => onSegment(each.id)}>
              <Swatch colour={slotColour(each.colour)} />
              <span class="segment-list-name">{each.name}</span>
              <span class="muted">{count(each.size)}</span>
            </button>
          </li>
        ))}
        {segments && segments.outside > 0 && !words && (
          <li class="outside">
            <Swatch colour="var(--edge)" />
            <span class="segment-list-name">In no segment</span>
            <span class="muted">{count(segments.outside)}</span>
          </li>
        )}
      </ul>
      {shown.length === 0 && words && <p class="muted">No segment has these words.</p>}
    </>
  );
}

function Legend({ column, category, onCategory }: PanelProps) {
  const counts = useMemo(() => (column?.kind === "category" ? countsOf(column.codes, column.meta.categories.length) : []), [column]);
  if (!column) return <p class="muted">Loading…</p>;
  if (column.kind !== "category") {
    const [low, high] = rangeOf(column);
    const words = column.kind === "date" ? day : figure;
    return (
      <div class="scale-legend">
        <span class="scale-bar" aria-hidden="true" />
        <div class="spread">
          <span>{words(low)}</span>
          <span>{words(high)}</span>
        </div>
        <p class="field-hint">Rows without a value are grey.</p>
      </div>
    );
  }
  return (
    <ul class="segment-list">
      {counts.slice(0, MOST_VALUES).map(({ code, rows }) => (
        <li key={code}>
          <button type="button" aria-pressed={code === category} onClick={() => onCategory(code === category ? null : code)}>
            <Swatch colour={slotColour(code)} />
            <span class="segment-list-name">{column.meta.categories[code]}</span>
            <span class="muted">{count(rows)}</span>
          </button>
        </li>
      ))}
      {counts.length > MOST_VALUES && <li class="outside muted">and {count(counts.length - MOST_VALUES)} more</li>}
    </ul>
  );
}

function Details({ segment, segments, onClose }: { segment: Segment; segments: Segments; onClose(): void }) {
  const store = useStore();
  const fixed = store.fixed.value;
  return (
    <section class="segment-details" aria-label={segment.name}>
      <Button small kind="quiet" class="back-button" icon={<Icon name="back" size={18} />} onClick={onClose}>
        All segments
      </Button>
      <h2>
        <Swatch colour={slotColour(segment.colour)} />
        <span>{segment.name}</span>
      </h2>
      <p class="muted">
        {plural(segment.size, "row")}, {share(segment.share)} of all
      </p>
      {segment.description && <p>{segment.description}</p>}
      {segment.confidence !== null && <Gauge value={segment.confidence} label="Mean confidence" />}
      <Sparkline values={segment.trend} over={segments.trend} colour={slotColour(segment.colour)} />
      {segment.terms.length > 0 && (
        <div class="row">
          {segment.terms.slice(0, 8).map((term) => (
            <Chip key={term}>{term}</Chip>
          ))}
        </div>
      )}
      <ul class="exemplars">
        {segment.exemplars.slice(0, 3).map((text, place) => (
          <li key={place}>{text}</li>
        ))}
      </ul>
      {!fixed && (
        <div class="row">
          <SegmentActions segment={segment} onGone={onClose} />
        </div>
      )}
      <ButtonLink small href={href(to("p", store.id, "segments", segment.id))}>
        See its rows
      </ButtonLink>
    </section>
  );
}
