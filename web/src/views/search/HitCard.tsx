/** One hit: how close it is, its categories, why it is alike, and all of its columns. */
import type { Hit, SearchColumn } from "../../api/search";
import { Facts, inSlot, LongText, Pill, Reasons, Ring, Swatch } from "../../parts/blocks";
import { Button } from "../../parts/Button";
import { figure, shorten } from "../../parts/format";
import { href } from "../../router";
import { to } from "../../routes";
import { isPill } from "./filters";

const NAMES = ["name", "full name", "full_name", "fullname", "person", "contact"];
const MOST_PILLS = 10;
const FOUND_BY: Record<Hit["found_by"], string> = { meaning: "meaning", words: "words", both: "words and meaning", filter: "" };

/** What a hit is called: the value of a column of names, else its id. */
export function titleOf(hit: Hit): string {
  const name = Object.keys(hit.columns).find((column) => NAMES.includes(column.toLowerCase()));
  const value = name === undefined ? null : hit.columns[name];
  return typeof value === "string" && value ? value : hit.id;
}

/** Write a cell as a person reads it. */
export function written(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(written).join(", ");
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return figure(value);
  const text = String(value);
  return /^\d{4}-\d\d-\d\dT00:00:00(\.0+)?(Z|\+00:00)?$/.test(text) ? text.slice(0, 10) : text;
}

/** A segment of the project, in its colour on the map. */
export interface HitGroup {
  id: string;
  name: string;
  slot: number | null;
}

export interface HitCardProps {
  project: string;
  hit: Hit;
  columns: SearchColumn[];
  slots: Record<string, Record<string, number>>;
  /** Where it belongs. */
  group: HitGroup | undefined;
  /** Where it is an example already. */
  onLike?: (() => void) | undefined;
  onUnlike?: (() => void) | undefined;
}

export function HitCard({ project, hit, columns, slots, group, onLike, onUnlike }: HitCardProps) {
  const title = titleOf(hit);
  const pills = columns
    .filter(isPill)
    .sort((a, b) => Number(b.levels.length > 0) - Number(a.levels.length > 0))
    .flatMap((column) => {
      const cell = hit.columns[column.name];
      const values = Array.isArray(cell) ? cell : [cell];
      return values.filter(Boolean).map((value) => ({ column: column.name, value: String(value) }));
    })
    .slice(0, MOST_PILLS);
  const facts = Object.entries(hit.columns)
    .map(([name, value]): [string, string] => [name, written(value)])
    .filter(([, value]) => value && value !== hit.text); // the column of the text is above
  const score = [
    ...(title === hit.id ? [] : [`id ${hit.id}`]),
    ...(hit.cosine === null ? [] : [`cosine ${hit.cosine.toFixed(2)}`]),
    ...(FOUND_BY[hit.found_by] ? [`found by ${FOUND_BY[hit.found_by]}`] : []),
  ];
  return (
    <li class="card hit">
      <div>
        <div class="card-head">
          <div>
            <h2 class="card-title">
              <bdi>{title}</bdi>
            </h2>
            {score.length > 0 && <p class="card-score">{score.join(" · ")}</p>}
          </div>
          {hit.match !== null && <Ring share={hit.match} label="Match" />}
        </div>
        <div class="card-text" dir="auto">
          {hit.text ? <LongText text={hit.text} /> : <p class="muted">No text.</p>}
        </div>
        {(pills.length > 0 || group) && (
          <div class="card-pills">
            <ul>
              {group && (
                <li class="pill hit-group" style={inSlot(group.slot)}>
                  <Swatch slot={group.slot} />
                  <a href={href(to("p", project, "segments", group.id))}>
                    <bdi>{shorten(group.name, 44)}</bdi>
                  </a>
                </li>
              )}
              {pills.map(({ column, value }) => (
                <Pill key={`${column}:${value}`} column={column} value={value} slot={slots[column]?.[value]} />
              ))}
            </ul>
          </div>
        )}
        <Reasons reasons={hit.why} />
      </div>
      <div>
        {facts.length > 0 && (
          <div class="card-facts">
            <details>
              <summary>
                <span>All details</span>
              </summary>
              <Facts facts={[["id", hit.id], ...facts]} />
            </details>
          </div>
        )}
        <div class="hit-actions">
          <Button small onClick={onLike} disabled={!onLike} aria-label={`More like ${title}`}>
            More like this
          </Button>
          <Button small onClick={onUnlike} disabled={!onUnlike} aria-label={`Not like ${title}`}>
            Not like this
          </Button>
          {hit.at !== null && (
            <a class="hit-link" href={href(`${to("p", project, "map")}?at=${hit.at}`)} aria-label={`${title} on the map`}>
              On the map
            </a>
          )}
        </div>
      </div>
    </li>
  );
}
