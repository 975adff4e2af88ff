/** Search a project in words, by example and by filters; the address holds what is asked. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { ApiError, get, ofProject } from "../api/client";
import { searchColumns, searchRows, type Hit, type SearchAnswer, type SearchColumn, type SearchWanted } from "../api/search";
import { Button, ButtonLink } from "../parts/Button";
import { download, writeCsv, type CsvCell } from "../parts/csv";
import { Dialog } from "../parts/Dialog";
import { Empty } from "../parts/Empty";
import { ErrorNote } from "../parts/ErrorNote";
import { count, plural, shorten } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Loading } from "../parts/Loading";
import { Page } from "../parts/Page";
import { useLoad } from "../parts/useLoad";
import { href, navigate, path, query, setQuery } from "../router";
import { to } from "../routes";
import { Filters } from "./search/Filters";
import { HitCard, titleOf, type HitGroup } from "./search/HitCard";
import { counts, examplesOf, sayChoice, slotsOf, whereOf, type Choices } from "./search/filters";
import "../parts/blocks/blocks.css";
import "./search/Search.css";

const PAGE = 24;
const MOST = 240;

/** What the address asks for. */
interface Asked {
  q: string;
  choices: Choices;
  typed: string;
  drop: string[];
  like: string[];
  unlike: string[];
  k: number;
}

function asked(params: URLSearchParams): Asked {
  return {
    q: params.get("q") ?? "",
    choices: parsed<Choices>(params.get("f"), {}),
    typed: params.get("where") ?? "",
    drop: parsed<string[]>(params.get("drop"), []),
    like: parsed<string[]>(params.get("like"), []),
    unlike: parsed<string[]>(params.get("unlike"), []),
    k: Math.max(1, Math.min(MOST, Number(params.get("k")) || PAGE)),
  };
}

function parsed<T>(text: string | null, otherwise: T): T {
  if (!text) return otherwise;
  try {
    const found = JSON.parse(text) as unknown;
    return typeof found === "object" && found && Array.isArray(found) === Array.isArray(otherwise) ? (found as T) : otherwise;
  } catch {
    return otherwise;
  }
}

/** Ask another query: a step of its own in the browser's history, unlike a filter. */
function askQuery(text: string): void {
  const next = new URLSearchParams(query.peek());
  for (const name of ["q", "drop", "k"]) next.delete(name);
  if (text) next.set("q", text);
  const search = next.toString();
  navigate(path.peek() + (search ? `?${search}` : ""));
}

function listOf(values: string[]): string | null {
  return values.length ? JSON.stringify(values) : null;
}

/** What examples are called, as they were last seen. */
const called = new Map<string, string>();

export default function Search({ params }: { params: { id?: string } }) {
  const project = params.id ?? "";
  const columns = useLoad((stop) => Promise.all([searchColumns(project, stop), groupsOf(project, stop)]), [project]);
  return (
    <Page title="Search" intro="Say who or what you look for. Conditions about known columns become filters; the rest is compared by meaning and words.">
      {columns.error instanceof ApiError && [404, 409].includes(columns.error.status) ? (
        <Empty title="This project cannot be searched yet" icon="search" action={<ButtonLink href={href(to("p", project))}>To the project</ButtonLink>}>
          <p>Its index is made when its groups are found.</p>
        </Empty>
      ) : columns.error ? (
        <ErrorNote error={columns.error} retry={columns.reload} />
      ) : columns.data ? (
        <Asking project={project} columns={columns.data[0]} groups={columns.data[1]} />
      ) : (
        <Loading label="Opening the index…" />
      )}
    </Page>
  );
}

/** The groups of the project by their ids; none where it has no segments. */
async function groupsOf(project: string, stop: AbortSignal): Promise<Map<string, HitGroup>> {
  type Listed = { segments: { id: string; name: string; colour?: number | null }[] };
  const found = await get<Listed>(ofProject(project, "segments"), {}, stop).catch(() => ({ segments: [] }) as Listed);
  return new Map(found.segments.map(({ id, name, colour }) => [id, { id, name, slot: colour ?? null }]));
}

function Asking({ project, columns, groups }: { project: string; columns: SearchColumn[]; groups: Map<string, HitGroup> }) {
  const now = asked(query.value);
  const { q, choices, typed, drop, like, unlike, k } = now;
  const slots = useMemo(() => {
    const taken = [...groups.values()].map((group) => group.slot).filter((slot) => slot !== null);
    return slotsOf(columns, new Set(taken));
  }, [columns, groups]);
  const where = whereOf(columns, choices, typed);
  const anything = Boolean(q.trim() || where || like.length);
  const wanted: SearchWanted = {
    k,
    ...(q.trim() ? { query: q.trim() } : {}),
    ...(where ? { where } : {}),
    ...(drop.length ? { drop } : {}),
    ...(like.length ? { like } : {}),
    ...(unlike.length ? { unlike } : {}),
  };
  const key = JSON.stringify(wanted);
  const found = useLoad<SearchAnswer | null>(
    (stop) => (anything ? searchRows(project, wanted, stop) : Promise.resolve(null)),
    [project, key],
  );
  const [sheet, setSheet] = useState(false);
  for (const hit of found.data?.hits ?? []) called.set(hit.id, titleOf(hit));
  const chosen = Object.values(choices).filter(counts).length + (typed ? 1 : 0);
  const panel = (
    <Filters
      columns={columns}
      slots={slots}
      choices={choices}
      typed={typed}
      onChoose={(next) => setQuery({ f: Object.keys(next).length ? JSON.stringify(next) : null, k: null })}
      onType={(expression) => setQuery({ where: expression || null, k: null })}
    />
  );
  return (
    <>
      <QueryBox q={q} onAsk={askQuery} examples={anything ? [] : examplesOf(columns)} />
      <div class="search-body">
        <aside class="panel search-side" aria-label="Filters">
          {panel}
        </aside>
        <div>
          <div class="spread search-status">
            <Status answer={anything ? found.data : null} loading={anything && found.loading} />
            <div class="row">
              <Button class="search-filter-button" onClick={() => setSheet(true)}>
                {chosen ? `Filters (${chosen})` : "Filters"}
              </Button>
              {anything && found.data && found.data.hits.length > 0 && (
                <>
                  <MapLink project={project} hits={found.data.hits} />
                  <Button icon={<Icon name="download" size={18} />} onClick={() => exportHits(found.data?.hits ?? [])}>
                    CSV
                  </Button>
                </>
              )}
            </div>
          </div>
          <Tokens columns={columns} asked={now} answer={anything ? found.data : null} />
          {anything && found.data?.doubts.map((doubt) => <p key={doubt} class="search-doubt">{doubt}</p>)}
          {anything && found.error ? (
            <ErrorNote error={found.error} retry={found.reload} />
          ) : !anything ? (
            <Empty title="Nothing is searched for yet" icon="search">
              <p>Type a query above, or choose filters. “More like this” on a hit finds others like it.</p>
            </Empty>
          ) : !found.data ? (
            <Loading label="Searching…" />
          ) : found.data.hits.length === 0 ? (
            <NoHits answer={found.data} />
          ) : (
            <Hits project={project} columns={columns} slots={slots} groups={groups} answer={found.data} asked={now} waiting={found.loading} />
          )}
        </div>
      </div>
      {sheet && (
        <Dialog
          title="Filters"
          onClose={() => setSheet(false)}
          onSubmit={() => setSheet(false)}
          actions={
            <>
              {chosen > 0 && <Button onClick={() => setQuery({ f: null, where: null, k: null })}>Clear</Button>}
              <Button kind="main" type="submit">
                {found.data && anything ? `Show ${plural(found.data.hits.length, "hit")}` : "Done"}
              </Button>
            </>
          }
        >
          {panel}
        </Dialog>
      )}
    </>
  );
}

function QueryBox({ q, examples, onAsk }: { q: string; examples: string[]; onAsk(text: string): void }) {
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  return (
    <>
      <form
        class="search-box"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          onAsk(text.trim());
        }}
      >
        <label>
          <span class="unseen">Query</span>
          <Icon name="search" />
          <input
            type="search"
            value={text}
            placeholder="Who or what do you look for?"
            maxLength={5000}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <Button kind="main" type="submit" aria-label="Search" icon={<Icon name="search" />}>
          Search
        </Button>
      </form>
      {examples.length > 0 && (
        <div class="search-examples">
          <span>Try</span>
          {examples.map((example) => (
            <button key={example} type="button" onClick={() => onAsk(example)}>
              {example}
            </button>
          ))}
        </div>
      )}
    </>
  );
}

function Status({ answer, loading }: { answer: SearchAnswer | null; loading: boolean }) {
  const said = answer
    ? `${plural(answer.hits.length, "hit")}${answer.filters.length ? `; ${count(answer.plan.matches)} of ${plural(answer.plan.rows, "row")} pass the filters` : ` of ${plural(answer.plan.rows, "row")}`}`
    : "";
  return (
    <p role="status" title={answer?.plan.why}>
      {loading ? "Searching…" : said}
    </p>
  );
}

/** All that narrows the search, each of which can be taken away. */
function Tokens({ columns, asked: now, answer }: { columns: SearchColumn[]; asked: Asked; answer: SearchAnswer | null }) {
  const { choices, typed, drop, like, unlike } = now;
  const read = answer?.filters.filter((filter) => filter.words) ?? [];
  const chosen = columns.filter((column) => counts(choices[column.name]));
  const take = (name: string) => {
    const { [name]: _, ...others } = choices;
    setQuery({ f: Object.keys(others).length ? JSON.stringify(others) : null, k: null });
  };
  if (!read.length && !chosen.length && !typed && !drop.length && !like.length && !unlike.length) return null;
  return (
    <ul class="search-chips" aria-label="What narrows the search">
      {read.map((filter) => (
        <Token
          key={filter.expression}
          kind="read"
          label="read from your words"
          text={filter.text}
          title={[`“${filter.words}” → ${filter.expression}`, filter.note].filter(Boolean).join(". ")}
          onRemove={() => setQuery({ drop: listOf([...drop, filter.expression]), k: null })}
        />
      ))}
      {drop.map((expression) => (
        <Token
          key={expression}
          kind="dropped"
          label="by meaning, not as a filter"
          text={expression}
          onRemove={() => setQuery({ drop: listOf(drop.filter((each) => each !== expression)), k: null })}
        />
      ))}
      {chosen.map((column) => (
        <Token key={column.name} kind="chosen" text={sayChoice(column, choices[column.name] ?? {})} onRemove={() => take(column.name)} />
      ))}
      {typed && <Token kind="chosen" label="typed" text={shorten(typed, 120)} title={typed} onRemove={() => setQuery({ where: null, k: null })} />}
      {like.map((id) => (
        <Token
          key={`like ${id}`}
          kind="read"
          label="like"
          text={called.get(id) ?? id}
          onRemove={() => setQuery({ like: listOf(like.filter((each) => each !== id)), k: null })}
        />
      ))}
      {unlike.map((id) => (
        <Token
          key={`unlike ${id}`}
          kind="unlike"
          label="not like"
          text={called.get(id) ?? id}
          onRemove={() => setQuery({ unlike: listOf(unlike.filter((each) => each !== id)), k: null })}
        />
      ))}
    </ul>
  );
}

function Token(props: { kind: string; text: string; label?: string; title?: string; onRemove(): void }) {
  const { kind, text, label, title, onRemove } = props;
  return (
    <li class={`token ${kind}`} title={title}>
      <span>
        {label && <small>{label}</small>}
        <bdi>{text}</bdi>
      </span>
      <button type="button" aria-label={`Remove: ${text}`} onClick={onRemove}>
        ×
      </button>
    </li>
  );
}

interface HitsProps {
  project: string;
  columns: SearchColumn[];
  slots: Record<string, Record<string, number>>;
  groups: Map<string, HitGroup>;
  answer: SearchAnswer;
  asked: Asked;
  waiting: boolean;
}

function Hits({ project, columns, slots, groups, answer, asked: now, waiting }: HitsProps) {
  const { like, unlike, k } = now;
  const measured = answer.hits.some((hit) => hit.match !== null);
  const more = answer.hits.length >= k && answer.plan.matches > k && k < MOST;
  return (
    <div class={waiting ? "blocks search-waiting" : "blocks"} aria-busy={waiting}>
      <ol class="cards-list">
        {answer.hits.map((hit) => (
          <HitCard
            key={hit.id}
            project={project}
            hit={hit}
            columns={columns}
            slots={slots}
            group={hit.segment === null ? undefined : groups.get(hit.segment)}
            onLike={like.includes(hit.id) ? undefined : () => askAlike(now, hit, "like")}
            onUnlike={unlike.includes(hit.id) ? undefined : () => askAlike(now, hit, "unlike")}
          />
        ))}
      </ol>
      {more && (
        <div class="search-more">
          <Button busy={waiting} onClick={() => setQuery({ k: String(Math.min(MOST, k + PAGE)) })}>
            Show more
          </Button>
        </div>
      )}
      {measured && (
        <p class="caption">
          The percentage says how close a hit is for this index: of pairs that are as close, this share belongs together, where half of all
          pairs do.
        </p>
      )}
    </div>
  );
}

function askAlike(now: Asked, hit: Hit, side: "like" | "unlike"): void {
  const other = side === "like" ? "unlike" : "like";
  setQuery({
    [side]: listOf([...now[side], hit.id]),
    [other]: listOf(now[other].filter((each) => each !== hit.id)),
    k: null,
  });
  window.scrollTo({ top: 0 });
}

function NoHits({ answer }: { answer: SearchAnswer }) {
  return (
    <Empty title="No row passes the filters" icon="search">
      <p>
        {answer.filters.length
          ? `No row has all of: ${answer.filters.map((filter) => filter.text).join("; ")}. Take one away.`
          : "Say it in other words."}
      </p>
    </Empty>
  );
}

function MapLink({ project, hits }: { project: string; hits: Hit[] }) {
  const places = hits.map((hit) => hit.at).filter((at) => at !== null);
  if (!places.length) return null;
  return (
    <ButtonLink href={href(`${to("p", project, "map")}?at=${places.join(",")}`)} icon={<Icon name="map" size={18} />}>
      On the map
    </ButtonLink>
  );
}

/** Save the hits as a table. */
function exportHits(hits: Hit[]): void {
  const names = [...new Set(hits.flatMap((hit) => Object.keys(hit.columns)))];
  const head = ["rank", "id", "match", "cosine", "found_by", "why", "text", ...names];
  const rows = hits.map((hit): CsvCell[] => [
    hit.rank,
    hit.id,
    hit.match,
    hit.cosine,
    hit.found_by,
    hit.why.join("; "),
    hit.text,
    ...names.map((name) => plainCell(hit.columns[name])),
  ]);
  download("hits.csv", writeCsv(head, rows));
}

function plainCell(value: unknown): CsvCell {
  if (Array.isArray(value)) return value.join("; ");
  if (value === null || value === undefined || typeof value === "number" || typeof value === "boolean") return value ?? null;
  return String(value);
}
