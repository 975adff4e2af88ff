/** The groups one by one: each opens; the list sorts and filters. */
import "../Field.css";
import { useMemo, useState } from "preact/hooks";
import { inSlot } from "./slots";
import { plural, figure, percent, shorten } from "../format";
import { Swatch } from "./Figure";
import type { Colours, GroupData, GroupsData } from "../../api/page";
import type { Sheet } from "./sheet";

const STATUSES = ["core", "assigned", "ambiguous", "outside"];
const ORDERS = ["size", "name", "confidence", "cohesion"] as const;
type OrderBy = (typeof ORDERS)[number];

export function Groups({ block, sheet }: { block: GroupsData; sheet: Sheet }) {
  const [words, setWords] = useState("");
  const [by, setBy] = useState<OrderBy>("size");
  const [all, setAll] = useState(false);
  const found = useMemo(() => arranged(block.groups, words, by), [block, words, by]);
  const shown = all || words ? found : found.slice(0, block.limit);
  const largest = Math.max(1, ...block.groups.filter((group) => !group.children).map((group) => group.size));
  return (
    <div class="panel groups">
      {block.title && <h3>{block.title}</h3>}
      <div class="groups-bar">
        <label>
          Find{" "}
          <input
            type="search"
            value={words}
            placeholder="name, term or quote"
            autocomplete="off"
            onInput={(event) => setWords(event.currentTarget.value)}
          />
        </label>
        <label>
          Sort by{" "}
          <select value={by} onChange={(event) => setBy(event.currentTarget.value as OrderBy)}>
            {ORDERS.map((order) => (
              <option value={order}>{order}</option>
            ))}
          </select>
        </label>
        <output aria-live="polite">{words ? plural(found.length, "group") : ""}</output>
      </div>
      <div class="groups-list">
        {shown.map((group) => (
          <Group key={group.name} group={group} slot={slotOf(group.name, block.partition, sheet.colours)} largest={largest} sheet={sheet} />
        ))}
      </div>
      {words && !found.length && <p class="caption">No group has these words.</p>}
      {shown.length < found.length && (
        <button type="button" class="show-all" onClick={() => setAll(true)}>
          Show all {figure(found.length)}
        </button>
      )}
      {block.note && <p class="caption">{block.note}</p>}
    </div>
  );
}

function Group(props: { group: GroupData; slot: number | null; largest: number; sheet: Sheet }) {
  const { group, slot, largest, sheet } = props;
  const facts: [string, string][] = [
    ...(group.confidence === null ? [] : ([["Confidence", percent(group.confidence)]] as [string, string][])),
    ...(group.cohesion === null ? [] : ([["Cohesion", group.cohesion.toFixed(2)]] as [string, string][])),
    ...Object.entries(group.facts),
  ];
  return (
    <details class={`group depth-${Math.min(group.depth, 3)}${group.children ? " parent" : ""}`} style={inSlot(slot)}>
      <summary>
        <Swatch slot={slot} />
        <span class="group-name">
          {group.name}
          {group.children > 0 && <small> {plural(group.children, "group")}</small>}
        </span>
        <span class="group-terms">{group.terms.slice(0, 5).join(", ")}</span>
        <svg class="bar" aria-hidden="true">
          {!group.children && <rect width={`${((100 * group.size) / largest).toFixed(2)}%`} height="100%" rx="2" />}
        </svg>
        <span class="number">{figure(group.size)}</span>
        <span class="number share">{percent(group.share, 1)}</span>
        <span class="number sure" title="Mean confidence">
          {percent(group.confidence)}
        </span>
      </summary>
      <div class="group-body">
        {group.description && <p class="description">{group.description}</p>}
        {group.exemplars.length > 0 && (
          <div class="quotes">
            {group.exemplars.map((text) => (
              <blockquote dir="auto">{shorten(text, 280)}</blockquote>
            ))}
          </div>
        )}
        <dl class="facts">
          {group.terms.length > 0 && (
            <div class="wide">
              <dt>Terms</dt>
              <dd>
                {group.terms.map((term) => (
                  <span class="term">{term}</span>
                ))}
              </dd>
            </div>
          )}
          {facts.map(([name, value]) => (
            <div>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
        <Mix statuses={group.statuses} />
        {sheet.onShowGroup && (
          <button type="button" class="show-all" onClick={() => sheet.onShowGroup?.(group.name)}>
            Show on the map
          </button>
        )}
      </div>
    </details>
  );
}

/** A bar of the rows of each status. */
function Mix({ statuses }: { statuses: Record<string, number> }) {
  const names = Object.keys(statuses);
  const order = [...STATUSES.filter((name) => statuses[name]), ...names.filter((name) => !STATUSES.includes(name))];
  const rows = Object.values(statuses).reduce((sum, count) => sum + count, 0) || 1;
  if (!order.length) return null;
  let start = 0;
  const parts = order.map((status) => {
    const count = statuses[status] ?? 0;
    const part = { status, count, x: start, width: (count / rows) * 100 };
    start += part.width;
    return part;
  });
  const kind = (status: string) => (STATUSES.includes(status) ? status : "other");
  return (
    <div class="mix">
      <svg role="img" aria-label="Status of the rows">
        {parts.map(({ status, count, x, width }) => (
          <rect class={`status-${kind(status)}`} x={`${x.toFixed(2)}%`} width={`${width.toFixed(2)}%`} height="100%">
            <title>{`${status}: ${figure(count)}`}</title>
          </rect>
        ))}
      </svg>
      <ul>
        {parts.map(({ status, count }) => (
          <li>
            <svg class="swatch" viewBox="0 0 12 12" aria-hidden="true">
              <circle class={`status-${kind(status)}`} cx="6" cy="6" r="5" />
            </svg>
            {status} {figure(count)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function slotOf(name: string, partition: string, colours: Colours): number | null {
  for (const each of [partition, ...Object.keys(colours)]) {
    const slot = colours[each]?.[name];
    if (slot !== undefined) return slot;
  }
  return null;
}

/** Give the groups in order, each above its children; those found keep what they lie in. */
export function arranged(groups: GroupData[], words: string, by: OrderBy): GroupData[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (group: GroupData) => {
    const text = [group.name, group.description, ...group.terms, ...group.exemplars].join(" ").toLowerCase();
    return wanted.every((word) => text.includes(word));
  };
  const value = (group: GroupData) => (by === "name" ? 0 : (group[by] ?? -1));
  const under = (parent: string): GroupData[] =>
    groups
      .filter((group) => group.parent === parent)
      .sort((a, b) => value(b) - value(a) || a.name.localeCompare(b.name))
      .flatMap((group) => {
        const inside = under(group.name);
        return fits(group) || inside.length ? [group, ...inside] : [];
      });
  return under("");
}
