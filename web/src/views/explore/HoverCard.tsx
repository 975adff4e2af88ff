import { useEffect, useRef, useState } from "preact/hooks";
import { rowsAt } from "../../api/projects";
import type { Row } from "../../api/types";
import { Gauge } from "../../parts/Gauge";
import { SegmentMark, valuesOf } from "../project/RowTable";

const PAUSE = 70; // ms the pointer rests before a row is asked for

/** Rows that were looked at, so that going back to one asks nothing. */
export class RowCache {
  private rows = new Map<number, Row>();
  constructor(private readonly id: string) {}

  async row(place: number, stop?: AbortSignal): Promise<Row | null> {
    const known = this.rows.get(place);
    if (known) return known;
    const row = (await rowsAt(this.id, [place], stop)).rows[0] ?? null;
    if (row) {
      if (this.rows.size > 2000) this.rows.clear();
      this.rows.set(place, row);
    }
    return row;
  }

  get(place: number): Row | undefined {
    return this.rows.get(place);
  }
}

export interface Hover {
  place: number;
  x: number;
  y: number;
}

/** Read a row when the pointer rests on it. */
export function useRow(cache: RowCache, place: number): Row | null {
  const [row, setRow] = useState<Row | null>(null);
  useEffect(() => {
    if (place < 0) {
      setRow(null);
      return;
    }
    const known = cache.get(place);
    setRow(known ?? null);
    if (known) return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      cache.row(place, stop.signal).then((read) => !stop.signal.aborted && setRow(read), () => {});
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [cache, place]);
  return row && row.at === place ? row : null;
}

/** What is under the pointer. */
export function HoverCard({ hover, cache }: { hover: Hover; cache: RowCache }) {
  const row = useRow(cache, hover.place);
  const card = useRef<HTMLDivElement>(null);
  const [corner, setCorner] = useState<[number, number]>([0, 0]);
  useEffect(() => {
    const [own, frame] = [card.current, card.current?.parentElement];
    if (!own || !frame) return;
    const gap = 14;
    const left = hover.x + gap + own.offsetWidth > frame.clientWidth ? hover.x - gap - own.offsetWidth : hover.x + gap;
    const top = hover.y + gap + own.offsetHeight > frame.clientHeight ? hover.y - gap - own.offsetHeight : hover.y + gap;
    setCorner([Math.max(8, left), Math.max(8, top)]);
  }, [hover, row]);
  if (!row) return null;
  return (
    <div class="hover-card" ref={card} aria-hidden="true" style={{ transform: `translate(${corner[0]}px, ${corner[1]}px)` }}>
      <RowCard row={row} most={5} />
    </div>
  );
}

/** A row with all that is known of it. */
export function RowCard({ row, most = 100 }: { row: Row; most?: number }) {
  const values = valuesOf(row);
  return (
    <>
      <blockquote>{row.text}</blockquote>
      <p class="row-card-segment">
        <SegmentMark id={row.segment} name={row.name} />
      </p>
      <Gauge value={row.confidence} label="Confidence" />
      <dl>
        {values.slice(0, most).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div>
          <dt>id</dt>
          <dd>{row.id}</dd>
        </div>
      </dl>
    </>
  );
}
