/** Curves, histograms, bars, pairs of numbers and words by weight, as SVG that follows the width of the page. */
import { useState } from "preact/hooks";
import { inSlot } from "./slots";
import { figure, percent, shorten } from "../format";
import { Breakable, Sentence } from "./Basics";
import { Axes, Figure } from "./Figure";
import { Scale, textWidth } from "./scale";
import type { BarsData, HistogramData, LinesData, ScatterData, WordCloudData } from "../../api/page";
import type { Sheet } from "./sheet";

const HEIGHT = 260;
const SCATTER_HEIGHT = 340;
const PHONE = 280; // px of a plot on a phone
const APART = 2; // percent of it between names
const SIZES = 12; // of the words of a cloud
const COLOURED = 5; // the smallest size that has a colour

export function Lines({ block }: { block: LinesData }) {
  const { lines, marks, log_x: log, dots } = block;
  const x = Scale.over([...lines.flatMap((line) => line.x), ...marks.map((mark) => mark.x)], { log, pad: 0.03 });
  const y = Scale.over(lines.flatMap((line) => line.y), { pad: 0.06 });
  const names = lines.map((line) => line.name);
  const label = [block.title || block.x_label || "Chart", names.filter(Boolean).join(", ")].filter(Boolean).join(": ");
  const rows = lines.flatMap((line) =>
    line.x.map((at, place) => [
      ...(lines.length > 1 ? [line.name] : []),
      figure(at),
      figure(line.y[place]),
    ]),
  );
  return (
    <Figure
      title={block.title}
      note={block.note}
      xLabel={block.x_label}
      yLabel={block.y_label}
      names={names}
      numbers={{ heads: [...(lines.length > 1 ? ["line"] : []), block.x_label || "x", block.y_label || "y"], rows }}
    >
      <svg class={marks.length ? "plot marked" : "plot"} height={HEIGHT} role="img" aria-label={label}>
        <Axes x={x} y={y} />
        <Marks marks={marks} x={x} />
        {lines.map((line, slot) => (
          <g style={inSlot(slot)}>
            <svg class="curve" width="100%" height="100%" viewBox="0 0 100 100" preserveAspectRatio="none">
              <polyline
                vector-effect="non-scaling-stroke"
                points={line.x
                  .map((at, place) => `${x.percent(at).toFixed(3)},${(100 - y.percent(line.y[place] ?? 0)).toFixed(3)}`)
                  .join(" ")}
              />
            </svg>
            {dots &&
              line.x.length <= 100 &&
              line.x.map((at, place) => (
                <circle
                  class="dot"
                  r="3.5"
                  cx={`${x.percent(at).toFixed(2)}%`}
                  cy={`${(100 - y.percent(line.y[place] ?? 0)).toFixed(2)}%`}
                >
                  <title>{`${line.name ? `${line.name}: ` : ""}${figure(line.y[place])} at ${figure(at)}`}</title>
                </circle>
              ))}
          </g>
        ))}
      </svg>
    </Figure>
  );
}

/** Marks, and the names of those that have room beside the others' on a phone too. */
function Marks({ marks, x }: { marks: LinesData["marks"]; x: Scale }) {
  const ends: Record<string, number> = {};
  return (
    <>
      {[...marks]
        .sort((a, b) => a.x - b.x)
        .map((mark) => {
          const place = x.percent(mark.x);
          const anchor = place < 12 ? "start" : place > 88 ? "end" : "middle";
          const width = (textWidth(mark.label, 12) / PHONE) * 100;
          const start = place - (anchor === "start" ? 0 : anchor === "middle" ? width / 2 : width);
          const named = start >= (ends[mark.kind] ?? -Infinity);
          if (named) ends[mark.kind] = start + width + APART;
          const at = `${place.toFixed(2)}%`;
          return (
            <g class={`mark ${mark.kind}`}>
              <line x1={at} x2={at} y1="0" y2="100%" />
              {named && (
                <text x={at} y={mark.kind === "chosen" ? -8 : -24} text-anchor={anchor}>
                  {mark.label}
                </text>
              )}
            </g>
          );
        })}
    </>
  );
}

export function Histogram({ block }: { block: HistogramData }) {
  const { edges, series } = block;
  const shared = series.length > 1;
  const top = Math.max(...series.flatMap((each) => each.heights));
  const x = Scale.over(edges);
  const y = Scale.over([0, top], { percentSign: shared });
  const written = (height: number) => (shared ? percent(height, 1) : figure(Math.round(height)));
  const span = (at: number) => `${figure(edges[at])} to ${figure(edges[at + 1])}`;
  return (
    <Figure
      title={block.title}
      note={block.note}
      xLabel={block.x_label}
      yLabel={block.y_label}
      names={series.map((each) => each.name)}
      numbers={{
        heads: [block.x_label || "from – to", ...series.map((each) => each.name || block.y_label)],
        rows: edges.slice(0, -1).map((_, at) => [span(at), ...series.map((each) => written(each.heights[at] ?? 0))]),
      }}
    >
      <svg class="plot" height={HEIGHT} role="img" aria-label={block.title || block.x_label || "Chart"}>
        <Axes x={x} y={y} />
        {series.map(({ name, heights }, slot) => (
          <g class="columns" style={inSlot(slot)}>
            {heights.map((height, at) => {
              if (!height) return null;
              const left = x.percent(edges[at] ?? 0);
              const said = `${span(at)}: ${written(height)}`;
              return (
                <rect
                  x={`${left.toFixed(3)}%`}
                  width={`${(x.percent(edges[at + 1] ?? 0) - left).toFixed(3)}%`}
                  y={`${(100 - y.percent(height)).toFixed(2)}%`}
                  height={`${y.percent(height).toFixed(2)}%`}
                >
                  <title>{name ? `${name}, ${said}` : said}</title>
                </rect>
              );
            })}
          </g>
        ))}
      </svg>
    </Figure>
  );
}

export function Bars({ block, sheet }: { block: BarsData; sheet: Sheet }) {
  const [all, setAll] = useState(false);
  const size = (value: number | null) => (block.signed ? Math.abs(value ?? 0) : Math.max(value ?? 0, 0));
  const longest = Math.max(0, ...block.bars.map((bar) => size(bar.value))) || 1;
  const slots = sheet.colours[block.partition] ?? {};
  const shown = all ? block.bars : block.bars.slice(0, block.limit);
  return (
    <figure class="panel">
      {block.title && <h3>{block.title}</h3>}
      <ul class="bars">
        {shown.map(({ label, value, text }) => (
          <li style={inSlot(block.signed && (value ?? 0) < 0 ? 1 : (slots[label] ?? 0))}>
            <span class="label" title={label}>
              <Breakable text={label} />
            </span>
            <svg class="bar" aria-hidden="true">
              <rect width={`${((size(value) / longest) * 100).toFixed(2)}%`} height="100%" rx="2" />
            </svg>
            <span class="number">{text}</span>
          </li>
        ))}
      </ul>
      {shown.length < block.bars.length && (
        <button type="button" class="show-all" onClick={() => setAll(true)}>
          Show all {figure(block.bars.length)}
        </button>
      )}
      {block.note && (
        <figcaption>
          <Sentence text={block.note} />
        </figcaption>
      )}
    </figure>
  );
}

export function Scatter({ block }: { block: ScatterData }) {
  const scale = Scale.over(block.span, { log: block.log, pad: 0.04 });
  return (
    <Figure title={block.title} note={block.note} xLabel={block.x_label} yLabel={block.y_label}>
      <svg
        class="plot"
        height={SCATTER_HEIGHT}
        role="img"
        aria-label={block.title || `${block.y_label} by ${block.x_label}`}
      >
        <Axes x={scale} y={scale} />
        <line class="diagonal" x1="0" y1="100%" x2="100%" y2="0" />
        <g class="points" style={inSlot(block.slot)}>
          {block.x.map((x, at) => {
            const y = block.y[at] ?? 0;
            const name = block.names[at] === undefined ? "" : `${shorten(block.names[at], 80)}: `;
            return (
              <circle r="3" cx={`${scale.percent(x).toFixed(2)}%`} cy={`${(100 - scale.percent(y)).toFixed(2)}%`}>
                <title>{`${name}${block.y_label} ${figure(y)}, ${block.x_label} ${figure(x)}`}</title>
              </circle>
            );
          })}
        </g>
      </svg>
    </Figure>
  );
}

export function WordCloud({ block }: { block: WordCloudData }) {
  const most = block.words[0]?.weight ?? 1;
  const words = block.words
    .map(({ word, weight }, rank) => ({
      word,
      weight,
      rank,
      size: Math.max(1, Math.min(SIZES, Math.ceil(SIZES * Math.sqrt(weight / most)))),
    }))
    .sort((a, b) => a.word.localeCompare(b.word, undefined, { sensitivity: "base" }));
  return (
    <figure class="panel">
      {block.title && <h3>{block.title}</h3>}
      <p class="cloud">
        {words.map(({ word, weight, rank, size }) => (
          <>
            <span
              class={`s${size}${size < COLOURED ? " small" : ""}`}
              style={size < COLOURED ? {} : inSlot(rank % 10)}
              title={`${word}: ${figure(weight)}`}
            >
              {word}
            </span>{" "}
          </>
        ))}
      </p>
      {block.note && (
        <figcaption>
          <Sentence text={block.note} />
        </figcaption>
      )}
    </figure>
  );
}
