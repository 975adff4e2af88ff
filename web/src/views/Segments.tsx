import { useEffect, useRef, useState } from "preact/hooks";
import type { Segment, Segments as SegmentsAnswer } from "../api/types";
import { Button, IconButton } from "../parts/Button";
import { Chip, Swatch } from "../parts/Chip";
import { Empty } from "../parts/Empty";
import { ErrorNote } from "../parts/ErrorNote";
import { Field, Select } from "../parts/Field";
import { Gauge } from "../parts/Gauge";
import { Icon } from "../parts/Icon";
import { Loading } from "../parts/Loading";
import { Menu } from "../parts/Menu";
import { useTitle } from "../parts/Page";
import { count, plural, share } from "../parts/format";
import { href, navigate, query, setQuery, type View } from "../router";
import { to } from "../routes";
import { slotColour } from "../style/palette";
import { LevelBar } from "./explore/LevelBar";
import { has, MergeDialog, MergeWithDialog, ParentDialog, RenameDialog, SplitDialog } from "./project/dialogs";
import { Sparkline } from "./project/Sparkline";
import { useStore } from "./project/store";
import "./Segments.css";

type Order = "size" | "name" | "confidence";
const ORDERS: { value: Order; text: string }[] = [
  { value: "size", text: "Largest first" },
  { value: "name", text: "By name" },
  { value: "confidence", text: "Least sure first" },
];
const COMPARE: Record<Order, (a: Segment, b: Segment) => number> = {
  size: (a, b) => b.size - a.size,
  name: (a, b) => a.name.localeCompare(b.name),
  confidence: (a, b) => (a.confidence ?? 2) - (b.confidence ?? 2),
};

type Asked = { what: "rename" | "merge" | "split" | "parent"; segment: Segment } | { what: "merge-chosen" };

/** All segments as cards, to be named, merged, split and put in groups. */
const Segments: View = () => {
  const store = useStore();
  const answer = store.segments.value;
  const project = store.project.value;
  useTitle(project ? `Segments · ${project.title}` : "Segments");
  const words = query.value.get("q") ?? "";
  const order = (query.value.get("order") ?? "size") as Order;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<Asked | null>(null);
  if (!answer) {
    return store.error.value ? (
      <div class="page">
        <ErrorNote error={store.error.value} retry={() => void store.loadSegments()} />
      </div>
    ) : (
      <Loading />
    );
  }
  const fixed = store.fixed.value;
  const shown = answer.segments.filter((each) => has(each, words)).sort(COMPARE[order] ?? COMPARE.size);
  const picked = answer.segments.filter((each) => chosen.has(each.id));
  const close = () => setAsked(null);
  const choose = (id: string, on: boolean) =>
    setChosen((before) => {
      const next = new Set(before);
      if (on) next.add(id);
      else next.delete(id);
      return next;
    });
  return (
    <div class="page segments-page">
      <header class="page-head">
        <div>
          <h1>Segments</h1>
          <p>
            {plural(answer.segments.length, "segment")} in {plural(answer.rows, "row")}
            {answer.outside > 0 && (
              <>
                ; <a href={href(to("p", store.id, "segments", "-"))}>{count(answer.outside)} in none</a>
              </>
            )}
            .
          </p>
        </div>
        {answer.levels.length > 1 && (
          <div class="panel segments-level">
            <LevelBar segments={answer} />
          </div>
        )}
      </header>
      {answer.frozen && (
        <div class="frozen-note">
          <Icon name="freeze" />
          <p>These segments are frozen: they stay as they are, so that models and numbers can rely on them.</p>
          {store.editable.value && (
            <Button small busy={store.busy.value} onClick={() => void store.edit({ edit: "thaw" })}>
              Thaw
            </Button>
          )}
        </div>
      )}
      <div class="segments-tools">
        <Field
          label="Filter segments"
          hideLabel
          type="search"
          placeholder="Filter by name, group or term"
          value={words}
          onInput={(event) => setQuery({ q: event.currentTarget.value })}
        />
        <Select label="Order" hideLabel value={order} choices={ORDERS} onPick={(value) => setQuery({ order: value === "size" ? null : value })} />
      </div>
      {answer.segments.length === 0 && (
        <Empty title="No segments were found" icon="segments">
          <p>The rows have too little in common, or there are too few. Move the number of segments, or choose another text column.</p>
        </Empty>
      )}
      {answer.segments.length > 0 && shown.length === 0 && (
        <Empty title="No segment has these words" icon="search" action={<Button onClick={() => setQuery({ q: null })}>Show all</Button>} />
      )}
      {grouped(shown).map(([parent, segments]) => (
        <section key={parent} class="segment-group" aria-label={parent || "Segments"}>
          {parent && (
            <h2>
              {parent} <span class="muted">{plural(segments.reduce((sum, each) => sum + each.size, 0), "row")}</span>
            </h2>
          )}
          <ul class="segment-cards">
            {segments.map((segment) => (
              <SegmentCard
                key={segment.id}
                segment={segment}
                all={answer}
                fixed={fixed}
                chosen={chosen.has(segment.id)}
                onChoose={(on) => choose(segment.id, on)}
                onAsk={(what) => setAsked({ what, segment })}
              />
            ))}
          </ul>
        </section>
      ))}
      {picked.length > 0 && (
        <div class="choice-bar" role="region" aria-label="Chosen segments">
          <strong aria-live="polite">{plural(picked.length, "segment")} chosen</strong>
          <Button small kind="main" icon={<Icon name="merge" size={18} />} disabled={picked.length < 2} onClick={() => setAsked({ what: "merge-chosen" })}>
            Merge
          </Button>
          <Button small onClick={() => setChosen(new Set())}>
            Clear
          </Button>
        </div>
      )}
      {asked?.what === "merge-chosen" && <MergeDialog segments={picked} onClose={close} onDone={() => setChosen(new Set())} />}
      {asked?.what === "rename" && <RenameDialog segment={asked.segment} onClose={close} />}
      {asked?.what === "merge" && <MergeWithDialog segment={asked.segment} onClose={close} />}
      {asked?.what === "split" && <SplitDialog segment={asked.segment} onClose={close} />}
      {asked?.what === "parent" && <ParentDialog segment={asked.segment} onClose={close} />}
    </div>
  );
};
export default Segments;

/** Segments of a group together; those of none last. */
function grouped(segments: Segment[]): [string, Segment[]][] {
  const groups = new Map<string, Segment[]>();
  for (const each of segments) groups.set(each.parent, [...(groups.get(each.parent) ?? []), each]);
  return [...groups].sort(([a], [b]) => Number(!a) - Number(!b));
}

interface CardProps {
  segment: Segment;
  all: SegmentsAnswer;
  fixed: boolean;
  chosen: boolean;
  onChoose(on: boolean): void;
  onAsk(what: "rename" | "merge" | "split" | "parent"): void;
}

function SegmentCard({ segment, all, fixed, chosen, onChoose, onAsk }: CardProps) {
  const store = useStore();
  const address = to("p", store.id, "segments", segment.id);
  const colour = slotColour(segment.colour);
  return (
    <li class={chosen ? "panel segment-card chosen" : "panel segment-card"}>
      <div class="segment-card-head">
        {!fixed && (
          <label class="segment-box">
            <input type="checkbox" checked={chosen} aria-label={`Choose ${segment.name}`} onChange={(event) => onChoose(event.currentTarget.checked)} />
          </label>
        )}
        <Name segment={segment} address={address} fixed={fixed} />
        <Menu
          label={`Actions for ${segment.name}`}
          items={[
            { text: "See its rows", icon: "segments", run: () => navigate(address) },
            { text: "Show on the map", icon: "map", run: () => navigate(`${to("p", store.id, "map")}?segment=${encodeURIComponent(segment.id)}`) },
            { text: "Name and description…", icon: "edit", disabled: fixed, run: () => onAsk("rename") },
            { text: "Merge with…", icon: "merge", disabled: fixed, run: () => onAsk("merge") },
            { text: "Split…", icon: "split", disabled: fixed || segment.size < 2, run: () => onAsk("split") },
            { text: "Put in a group…", icon: "tree", disabled: fixed, run: () => onAsk("parent") },
          ]}
        />
      </div>
      <div class="segment-size">
        <strong>{count(segment.size)}</strong>
        <span class="muted">
          {segment.size === 1 ? "row" : "rows"} · {share(segment.share)}
        </span>
        {segment.vanished && (
          <Chip tone="warning" title={segment.vanished}>
            Vanished
          </Chip>
        )}
      </div>
      {segment.description && <p class="segment-description">{segment.description}</p>}
      {segment.terms.length > 0 && (
        <div class="segment-terms">
          {segment.terms.slice(0, 6).map((term) => (
            <Chip key={term}>{term}</Chip>
          ))}
        </div>
      )}
      {segment.exemplars.length > 0 && (
        <ul class="exemplars">
          {segment.exemplars.slice(0, 2).map((text, place) => (
            <li key={place}>{text}</li>
          ))}
        </ul>
      )}
      <div class="segment-card-foot">
        <Sparkline values={segment.trend} over={all.trend} colour={colour} height={28} />
        {segment.confidence !== null && <Gauge value={segment.confidence} label="Confidence" />}
      </div>
    </li>
  );
}

/** A name that is changed in its place: Enter keeps it, Escape leaves it as it was. */
function Name({ segment, address, fixed }: { segment: Segment; address: string; fixed: boolean }) {
  const store = useStore();
  const [typed, setTyped] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const editing = typed !== null;
  useEffect(() => {
    if (editing) input.current?.select();
  }, [editing]);
  const keep = async () => {
    const name = typed?.trim();
    if (!name || name === segment.name) setTyped(null);
    else if (await store.edit({ edit: "rename", segment: segment.id, name })) setTyped(null);
  };
  if (typed !== null) {
    return (
      <form
        class="segment-name editing"
        onSubmit={(event) => {
          event.preventDefault();
          void keep();
        }}
      >
        <input
          ref={input}
          value={typed}
          maxLength={200}
          aria-label={`New name of ${segment.name}`}
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Escape" && setTyped(null)}
        />
        <IconButton label="Keep the name" type="submit" disabled={store.busy.value}>
          <Icon name="check" />
        </IconButton>
      </form>
    );
  }
  return (
    <h3 class="segment-name">
      <Swatch colour={slotColour(segment.colour)} />
      <a href={href(address)}>{segment.name}</a>
      {!fixed && (
        <IconButton class="rename" label={`Rename ${segment.name}`} onClick={() => setTyped(segment.name)}>
          <Icon name="edit" size={16} />
        </IconButton>
      )}
    </h3>
  );
}
