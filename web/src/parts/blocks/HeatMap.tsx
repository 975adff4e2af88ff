/** A matrix drawn in shades; cells, names and sizes as in the HTML reports. */
import { figure, percent, shorten } from "../format";
import { Sentence } from "./Basics";
import { textWidth } from "./scale";
import type { HeatMapData } from "../../api/page";

const SHADES = 9;
const ROOM = 930; // px of a panel, where the page is 1280 wide
const [SLANTED, NUMBERED] = [22, 24]; // narrower cells have upright names, and no numbers
const [NARROWEST, WIDEST, BROADEST] = [11, 34, 72];
const [HIGH, LOW, TALL] = [24, 16, 36]; // rows
const MANY = 45; // rows from which on they are low
const LINE = 7;
const SLOPE = 0.72; // of a slanted name's length, across and up
const HALF = 460;

export function HeatMap({ block }: { block: HeatMapData }) {
  const names = block.rows.map((name) => shorten(name, 36));
  const heads = block.columns.map((name) => shorten(name, 30));
  const left = 7 + Math.max(0, ...names.map((name) => textWidth(name)));
  const longest = Math.max(0, ...heads.map((name) => textWidth(name)));
  const twoLines = block.counted && block.share !== null;
  const slanted = heads.length * SLANTED < ROOM - left - longest * SLOPE;
  const beyond = slanted ? longest * SLOPE : 4;
  const width = Math.min(
    twoLines ? BROADEST : WIDEST,
    Math.max(NARROWEST, (ROOM - left - beyond) / Math.max(heads.length, 1)),
  );
  const top = 12 + longest * (slanted ? SLOPE : 1);
  const height = names.length > MANY ? LOW : twoLines && width >= NUMBERED ? TALL : HIGH;
  const [w, h] = [Math.round(width * heads.length + beyond), Math.round(top + height * names.length)];
  const most = Math.max(0, ...block.values.flat());
  const classes = ["scroll matrix", height < HIGH ? "low" : height > HIGH ? "tall" : "", left + w > HALF ? "broad" : ""];
  return (
    <figure class="panel">
      {block.title && <h3>{block.title}</h3>}
      <p class="legend shades">
        {(block.row_label || block.column_label) && (
          <span>
            {block.row_label} down, {block.column_label} across.
          </span>
        )}
        <span>
          {block.share === "rows" ? "Share of the row, %" : block.share === "columns" ? "Share of the column, %" : "Count"}
          {height === TALL && "; count below"}
        </span>
        <span class="scale">
          {block.share ? "0%" : "0"}
          <svg width={SHADES * 14} height="12" aria-hidden="true">
            {Array.from({ length: SHADES }, (_, at) => (
              <rect x={at * 14} width="14" height="12" class={`h${at + 1}`} />
            ))}
          </svg>
          {block.share ? "100%" : figure(most)}
        </span>
      </p>
      <div class={classes.filter(Boolean).join(" ")} tabIndex={0} role="group" aria-label={block.title || "Matrix"}>
        <ul class="names" aria-hidden="true">
          {names.map((name, at) => (
            <li title={block.rows[at]}>{name}</li>
          ))}
        </ul>
        <svg
          class={width >= 13 ? "heat" : "heat dense"}
          viewBox={`0 0 ${w} ${h}`}
          width={w}
          height={h}
          role="img"
          aria-label={`${block.title || `${block.row_label} by ${block.column_label}`}. ${spoken(block)}`}
        >
          {heads.map((head, at) => (
            <text
              transform={`translate(${(width * (at + 0.5) + (slanted ? 0 : 4)).toFixed(1)} ${(top - 6).toFixed(1)}) rotate(${slanted ? -45 : -90})`}
            >
              {head !== block.columns[at] && <title>{block.columns[at]}</title>}
              {head}
            </text>
          ))}
          {names.map((_, at) => {
            const y = top + height * (at + 0.5);
            return <line class="guide" x1="0" x2={width * heads.length} y1={y} y2={y} />;
          })}
          {block.values.map((row, i) =>
            row.map((value, j) =>
              value > 0 ? (
                <Cell
                  block={block}
                  i={i}
                  j={j}
                  x={width * j}
                  y={top + height * i}
                  width={width}
                  height={height}
                />
              ) : null,
            ),
          )}
        </svg>
      </div>
      {block.note && (
        <figcaption>
          <Sentence text={block.note} />
        </figcaption>
      )}
    </figure>
  );
}

function Cell(props: { block: HeatMapData; i: number; j: number; x: number; y: number; width: number; height: number }) {
  const { block, i, j, x, y, width, height } = props;
  const value = block.values[i]?.[j] ?? 0;
  const share = block.shares[i]?.[j] ?? 0;
  const shade = Math.max(1, Math.min(SHADES, Math.round(share * SHADES)));
  const written = width >= NUMBERED && !(block.share && Math.round(share * 100) < 1);
  const middle = x + width / 2 - 0.5;
  const text = block.share ? (share * 100).toFixed(0) : brief(value);
  const two = height >= TALL;
  return (
    <>
      <rect x={x} y={y} width={width - 1} height={height - 1} class={`h${shade}`}>
        <title>{`${block.rows[i]}, ${block.columns[j]}: ${figure(value)}${block.share ? ` (${percent(share, 1)})` : ""}`}</title>
      </rect>
      {written && (
        <text class={`v${shade}`} x={middle} y={y + height / 2 - (two ? LINE : 0)} dy="0.35em" text-anchor="middle">
          {two && width > WIDEST ? `${text}%` : text}
        </text>
      )}
      {written && two && (
        <text class={`v${shade} count`} x={middle} y={y + height / 2 + LINE} dy="0.35em" text-anchor="middle">
          {brief(value)}
        </text>
      )}
    </>
  );
}

function brief(count: number): string {
  if (count >= 9_999.5) return `${(count / 1000).toFixed(0)}k`;
  return count >= 1 ? figure(count) : count.toFixed(2).replace(/^0/, "");
}

/** Say a small matrix row by row; of a large one only its size. */
function spoken(block: HeatMapData): string {
  const cells = block.rows.length * block.columns.length;
  if (cells > 60) return `${block.rows.length} rows and ${block.columns.length} columns.`;
  return block.rows
    .map((row, i) => {
      const said = block.columns.map((column, j) => {
        const value = block.share ? percent(block.shares[i]?.[j]) : figure(block.values[i]?.[j]);
        return `${column} ${value}`;
      });
      return `${row}: ${said.join(", ")}.`;
    })
    .join(" ");
}
