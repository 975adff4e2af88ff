import { useEffect, useState } from "preact/hooks";
import { listRows } from "../api/projects";
import type { RowOrder } from "../api/types";
import { Button, ButtonLink, IconButton } from "../parts/Button";
import { Chip, Swatch } from "../parts/Chip";
import { Empty } from "../parts/Empty";
import { ErrorNote } from "../parts/ErrorNote";
import { Field, Select } from "../parts/Field";
import { Gauge } from "../parts/Gauge";
import { Icon } from "../parts/Icon";
import { Loading } from "../parts/Loading";
import { Pager } from "../parts/Pager";
import { useTitle } from "../parts/Page";
import { count, day, plural, share } from "../parts/format";
import { useLoad } from "../parts/useLoad";
import { href, navigate, query, setQuery, type View } from "../router";
import { to } from "../routes";
import { slotColour } from "../style/palette";
import { CreateDialog, MoveDialog } from "./project/dialogs";
import { SegmentActions } from "./project/SegmentActions";
import { RowTable } from "./project/RowTable";
import { Sparkline } from "./project/Sparkline";
import { useStore } from "./project/store";
import "./Segment.css";

const PAGE = 50;
/** Stands in the address for the rows in no segment. */
const OUTSIDE = "-";
const ORDERS: { value: RowOrder; text: string }[] = [
  { value: "-confidence", text: "Surest first" },
  { value: "confidence", text: "Least sure first" },
  { value: "row", text: "As in the table" },
];

type Dialog = "move" | "create" | null;

/** One segment with its rows. */
const Segment: View = ({ params }) => {
  const store = useStore();
  const answer = store.segments.value;
  const project = store.project.value;
  const id = params.segment === OUTSIDE ? "" : (params.segment ?? "");
  const segment = answer?.segments.find((each) => each.id === id) ?? null;
  const title = id ? (segment?.name ?? "Segment") : "In no segment";
  useTitle(project ? `${title} · ${project.title}` : title);
  const [dialog, setDialog] = useState<Dialog>(null);
  const [chosen, setChosen] = useState<Set<number>>(new Set());
  const [offset, setOffset] = useState(0);
  const order = (query.value.get("order") ?? (id ? "-confidence" : "confidence")) as RowOrder;
  const words = query.value.get("q") ?? "";
  const later = useLater(words);
  useEffect(() => setOffset(0), [id, order, later]);
  useEffect(() => setChosen(new Set()), [id, store.edits.value]);
  const rows = useLoad(
    (stop) => listRows(store.id, { segment: id, offset, limit: PAGE, order, q: later.trim() }, stop),
    [store.id, id, offset, order, later, store.edits.value],
  );

  if (!answer) return store.error.value ? <ErrorNote error={store.error.value} retry={() => void store.loadSegments()} /> : <Loading />;
  const back = (
    <ButtonLink small kind="quiet" href={href(to("p", store.id, "segments"))} icon={<Icon name="back" size={18} />}>
      All segments
    </ButtonLink>
  );
  if (id && !segment) {
    return (
      <Empty title="There is no such segment" icon="segments" action={back}>
        <p>It may have been merged with another. The history says what became of it.</p>
      </Empty>
    );
  }
  const fixed = store.fixed.value;
  const close = () => setDialog(null);
  const places = [...chosen];
  return (
    <div class="page segment-page">
      <div class="segment-back">{back}</div>
      <header class="page-head">
        <div>
          <h1>
            <Swatch colour={segment ? slotColour(segment.colour) : "var(--edge)"} />
            <span>{title}</span>
          </h1>
          <p>
            {segment
              ? `${plural(segment.size, "row")}, ${share(segment.share)} of all${segment.parent ? `, in ${segment.parent}` : ""}.`
              : `${plural(answer.outside, "row")} that no segment holds: too unlike the others, or too rare.`}
          </p>
        </div>
        {segment && (
          <div class="page-tools">
            <ButtonLink small href={`${href(to("p", store.id, "map"))}?segment=${encodeURIComponent(segment.id)}`} icon={<Icon name="map" size={18} />}>
              On the map
            </ButtonLink>
            {!fixed && <SegmentActions segment={segment} onGone={() => navigate(to("p", store.id, "segments"))} />}
          </div>
        )}
      </header>
      {segment && (
        <div class="segment-about">
          <section class="panel" aria-label="What it holds">
            {segment.description && <p>{segment.description}</p>}
            <div class="segment-terms">
              {segment.terms.map((term) => (
                <Chip key={term}>{term}</Chip>
              ))}
            </div>
            <h2>In their words</h2>
            <ul class="exemplars">
              {segment.exemplars.slice(0, 5).map((text, place) => (
                <li key={place}>{text}</li>
              ))}
            </ul>
          </section>
          <section class="panel" aria-label="Figures">
            {segment.confidence !== null && <Gauge value={segment.confidence} label="Mean confidence" />}
            <Gauge value={segment.share} label="Share of all rows" colour={slotColour(segment.colour)} />
            {answer.trend && segment.trend.length > 1 && (
              <>
                <h2>Over time</h2>
                <Sparkline values={segment.trend} over={answer.trend} colour={slotColour(segment.colour)} height={96} />
                <div class="spread muted trend-ends">
                  <span>{day(answer.trend.from)}</span>
                  <span>{day(answer.trend.to)}</span>
                </div>
              </>
            )}
          </section>
        </div>
      )}
      <section aria-label="Rows">
        <div class="segments-tools">
          <Field
            label="Find in these rows"
            hideLabel
            type="search"
            placeholder="Find in these rows"
            value={words}
            onInput={(event) => setQuery({ q: event.currentTarget.value })}
          />
          <Select label="Order" hideLabel value={order} choices={ORDERS} onPick={(value) => setQuery({ order: value })} />
        </div>
        {rows.error !== null && <ErrorNote error={rows.error} retry={rows.reload} />}
        {!rows.data && rows.error === null && <Loading />}
        {rows.data && rows.data.total === 0 && (
          <Empty title={later ? "No row has these words" : "There are no rows here"} icon="search" />
        )}
        {rows.data && rows.data.total > 0 && (
          <div class={rows.loading ? "fading" : ""}>
            <RowTable rows={rows.data.rows} caption={`Rows: ${title}`} chosen={chosen} onChoose={setChosen} />
            <Pager total={rows.data.total} offset={offset} limit={PAGE} onMove={setOffset} />
          </div>
        )}
      </section>
      {chosen.size > 0 && (
        <div class="choice-bar" role="region" aria-label="Chosen rows">
          <strong aria-live="polite">{count(chosen.size)} chosen</strong>
          <Button small kind="main" disabled={fixed} onClick={() => setDialog("move")}>
            Move to…
          </Button>
          <Button small disabled={fixed} onClick={() => setDialog("create")}>
            New segment
          </Button>
          <IconButton label="Clear the choice" onClick={() => setChosen(new Set())}>
            <Icon name="close" size={18} />
          </IconButton>
        </div>
      )}
      {dialog === "move" && <MoveDialog places={places} onClose={close} />}
      {dialog === "create" && <CreateDialog places={places} onClose={close} />}
    </div>
  );
};
export default Segment;

const PAUSE = 250; // ms after the last letter

/** What was typed, once the typing rests. */
function useLater(value: string): string {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return later;
}
