import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ColumnValues } from "../api/arrow";
import { isAbort } from "../api/client";
import { findRows, readColumn } from "../api/projects";
import type { Row } from "../api/types";
import { PointMap, type MapMode } from "../map";
import { Button, IconButton } from "../parts/Button";
import { Empty } from "../parts/Empty";
import { ErrorNote } from "../parts/ErrorNote";
import { Icon } from "../parts/Icon";
import { Loading } from "../parts/Loading";
import { useTitle } from "../parts/Page";
import { count, plural } from "../parts/format";
import { toastError } from "../parts/Toast";
import { query, setQuery, type View } from "../router";
import { HoverCard, RowCache, type Hover } from "./explore/HoverCard";
import { centresOf, columnColours, labelsOf, namesOf, placesOf, segmentColours, shownWithin } from "./explore/model";
import { Panel } from "./explore/Panel";
import { TimeBar, type Range } from "./explore/TimeBar";
import { CreateDialog, MoveDialog } from "./project/dialogs";
import { RowsDialog } from "./project/RowsDialog";
import { useStore } from "./project/store";
import "./Explore.css";

const PAUSE = 250; // ms after the last letter until words are looked for

/** The map of all rows, and what can be done with those on it. */
const Explore: View = () => {
  const store = useStore();
  const points = store.points.value;
  const segments = store.segments.value;
  const project = store.project.value;
  useTitle(project ? `Map · ${project.title}` : "Map");
  useEffect(() => void store.loadPoints(), [store]);

  const segment = query.value.get("segment");
  const colourBy = query.value.get("colour") ?? "";
  const column = useColumn(store.id, colourBy, store.edits.value);
  const [category, setCategory] = useState<number | null>(null);
  useEffect(() => setCategory(null), [colourBy]);
  const words = query.value.get("q") ?? "";
  const found = useFound(store.id, words);
  const [mode, setMode] = useState<MapMode>("pan");
  const [range, setRange] = useState<Range | null>(null);
  const [chosen, setChosen] = useState<Uint32Array | null>(null);
  const [hover, setHover] = useState<Hover | null>(null);
  const [row, setRow] = useState<Row | null>(null);
  const cache = useMemo(() => new RowCache(store.id), [store.id, store.edits.value]);
  const [focus, setFocus] = useState<{ places: Uint32Array; key: number } | null>(null);
  const keys = useRef(0);

  const names = useMemo(() => (points ? namesOf(points, segments) : []), [points, segments]);
  const centres = useMemo(() => (points ? centresOf(points) : new Float64Array()), [points]);
  const labels = useMemo(() => labelsOf(names, centres, !colourBy), [names, centres, colourBy]);
  const colours = useMemo(() => {
    if (!points) return null;
    return colourBy && column ? columnColours(column) : segmentColours(points, names);
  }, [points, column, colourBy, names]);
  const shape = useMemo(() => (points ? { x: points.x, y: points.y } : null), [points?.x, points?.y]);
  const shown = useMemo(() => (points?.time && range ? shownWithin(points.time, range[0], range[1]) : null), [points?.time, range]);
  const code = points && segment ? points.meta.segments.findIndex((each) => each.id === segment) : -1;
  const lit = useMemo(() => {
    if (!points) return null;
    if (found.places) return found.places;
    if (category !== null && column?.kind === "category") return placesOf(column.codes, category);
    return code >= 0 ? placesOf(points.segment, code) : null;
  }, [points, found.places, category, column, code]);

  // go to a segment that is chosen, but not back when an edit changes its rows
  const known = points !== null;
  useEffect(() => {
    if (!points || code < 0) return;
    keys.current += 1;
    setFocus({ places: placesOf(points.segment, code), key: keys.current });
  }, [segment, known]);
  // rows that another view asks to be shown: ?at=12,40
  const at = query.value.get("at");
  useEffect(() => {
    if (!points || !at) return;
    const asked = at.split(",").map(Number);
    const places = Uint32Array.from(asked.filter((place) => Number.isInteger(place) && place >= 0 && place < points.x.length));
    const first = places[0];
    if (first === undefined) return;
    keys.current += 1;
    // one row alone would fill the map: its segment shows where it lies
    const around = points.segment[first] ?? -1;
    setFocus({ places: places.length === 1 && around >= 0 ? placesOf(points.segment, around) : places, key: keys.current });
    setChosen(places);
    if (places.length === 1) cache.row(first).then(setRow, toastError);
  }, [at, known]);

  const onHover = useCallback((place: number, x: number, y: number) => setHover(place < 0 ? null : { place, x, y }), []);
  const onPick = useCallback((place: number) => void cache.row(place).then(setRow, toastError), [cache]);
  const onLasso = useCallback((places: Uint32Array) => {
    setMode("pan");
    setChosen(places.length ? places : null);
  }, []);
  const onSegment = useCallback((id: string | null) => {
    setRow(null);
    setQuery({ segment: id });
  }, []);

  if (!points || !colours || !shape) {
    const error = store.error.value;
    return error ? (
      <div class="page">
        <ErrorNote error={error} retry={() => void store.loadPoints()} />
      </div>
    ) : (
      <Loading label="Loading the map…" />
    );
  }
  if (points.x.length === 0) {
    return (
      <Empty title="There is no row to draw" icon="map">
        <p>Every row of the table was set aside. Look at the notes of the project, then choose other columns.</p>
      </Empty>
    );
  }
  return (
    <div class={points.time ? "explore timed" : "explore"}>
      <h1 class="unseen">Map</h1>
      <div class="explore-stage">
        <PointMap
          points={shape}
          colours={colours}
          labels={labels}
          lit={lit}
          chosen={chosen}
          shown={shown}
          mode={mode}
          onHover={onHover}
          onPick={onPick}
          onLasso={onLasso}
          onLabel={onSegment}
          onMode={setMode}
          focus={focus}
          ariaLabel={`Map of ${plural(points.x.length, "row")} in ${plural(names.length, "segment")}. Rows that say alike lie near each other.`}
        />
        {hover && mode === "pan" && <HoverCard hover={hover} cache={cache} />}
        <div class="explore-tools">
          <div class="map-search" role="search">
            <Icon name="search" size={18} />
            <SearchBox words={words} />
            <span class="map-search-count" aria-live="polite">
              {words && (found.error ? "not read" : found.places ? `${count(found.places.length)} of ${count(points.x.length)}` : "…")}
            </span>
            {found.places !== null && found.places.length > 0 && (
              <Button small kind="quiet" onClick={() => setChosen(found.places)}>
                Choose
              </Button>
            )}
          </div>
          <IconButton
            class="lasso-button"
            label={mode === "lasso" ? "Back to moving the map" : "Choose rows with a lasso"}
            aria-pressed={mode === "lasso"}
            onClick={() => setMode(mode === "lasso" ? "pan" : "lasso")}
          >
            <Icon name="lasso" />
          </IconButton>
        </div>
        {chosen && <SelectionBar places={chosen} onPlaces={setChosen} />}
      </div>
      <Panel
        points={points}
        segments={segments}
        colourBy={colourBy}
        onColourBy={(name) => setQuery({ colour: name || null, segment: null })}
        column={column}
        category={category}
        onCategory={setCategory}
        segment={segment}
        onSegment={onSegment}
        row={row}
        onRow={setRow}
        onChooseRow={(place) => setChosen(Uint32Array.of(place))}
      />
      {points.time && points.meta.time && <TimeBar time={points.time} whole={points.meta.time} range={range} onRange={setRange} />}
    </div>
  );
};
export default Explore;

function SearchBox({ words }: { words: string }) {
  const [text, setText] = useState(words);
  const timer = useRef(0);
  useEffect(() => setText(words), [words]);
  return (
    <input
      type="search"
      aria-label="Find words on the map"
      placeholder="Find words on the map"
      value={text}
      onInput={(event) => {
        const value = event.currentTarget.value;
        setText(value);
        clearTimeout(timer.current);
        timer.current = window.setTimeout(() => setQuery({ q: value.trim() }), PAUSE);
      }}
    />
  );
}

function SelectionBar({ places, onPlaces }: { places: Uint32Array; onPlaces(places: Uint32Array | null): void }) {
  const store = useStore();
  const [dialog, setDialog] = useState<"move" | "create" | "rows" | null>(null);
  const close = () => setDialog(null);
  const fixed = store.fixed.value;
  const list = useMemo(() => (dialog === "move" || dialog === "create" ? [...places] : []), [dialog, places]);
  return (
    <div class="selection-bar" role="region" aria-label="Chosen rows">
      <strong aria-live="polite">{plural(places.length, "row")} chosen</strong>
      <Button small icon={<Icon name="move" size={18} />} disabled={fixed} onClick={() => setDialog("move")}>
        Move to…
      </Button>
      <Button small icon={<Icon name="plus" size={18} />} disabled={fixed} onClick={() => setDialog("create")}>
        New segment
      </Button>
      <Button small onClick={() => setDialog("rows")}>
        Show rows
      </Button>
      <IconButton label="Clear the choice" onClick={() => onPlaces(null)}>
        <Icon name="close" size={18} />
      </IconButton>
      {dialog === "move" && <MoveDialog places={list} onClose={close} onDone={() => onPlaces(null)} />}
      {dialog === "create" && <CreateDialog places={list} onClose={close} onDone={() => onPlaces(null)} />}
      {dialog === "rows" && <RowsDialog places={places} onKeep={onPlaces} onClose={close} />}
    </div>
  );
}

/** Read the values to colour by. */
function useColumn(id: string, name: string, edits: number): ColumnValues | null {
  const [column, setColumn] = useState<ColumnValues | null>(null);
  useEffect(() => {
    setColumn((before) => (before?.meta.name === name ? before : null));
    if (!name) return;
    const stop = new AbortController();
    readColumn(id, name, stop.signal).then(setColumn, (error: unknown) => {
      if (isAbort(error)) return;
      toastError(error);
      setQuery({ colour: null });
    });
    return () => stop.abort();
  }, [id, name, edits]);
  return column;
}

/** Find the rows with some words. */
function useFound(id: string, words: string): { places: Uint32Array | null; error: boolean } {
  const [found, setFound] = useState<{ places: Uint32Array | null; error: boolean }>({ places: null, error: false });
  useEffect(() => {
    if (!words) {
      setFound({ places: null, error: false });
      return;
    }
    const stop = new AbortController();
    findRows(id, words, stop.signal).then(
      (read) => setFound({ places: read.places, error: false }),
      (error: unknown) => {
        if (isAbort(error)) return;
        setFound({ places: null, error: true });
        toastError(error);
      },
    );
    return () => stop.abort();
  }, [id, words]);
  return found;
}
