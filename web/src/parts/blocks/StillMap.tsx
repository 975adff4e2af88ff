/** A still picture of a map: where the rows lie, in the colours of their groups. */
import { useEffect, useRef } from "preact/hooks";
import { DARK, LIGHT } from "../../style/palette";
import { figure } from "../format";
import { Sentence } from "./Basics";
import { Swatch } from "./Figure";
import type { MapData } from "../../api/page";
import type { Sheet } from "./sheet";

const SIDE = 720;
const EDGE = 14;
const SHOWN = 24; // groups in the legend

export function StillMap({ block, sheet }: { block: MapData; sheet: Sheet }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const partition = block.partitions[0];
  const slots = partition ? (sheet.colours[partition.name] ?? {}) : {};
  useEffect(() => {
    const draw = () => canvas.current && partition && paint(canvas.current, block, slots);
    draw();
    const watch = new MutationObserver(draw);
    watch.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    const system = matchMedia("(prefers-color-scheme: dark)");
    system.addEventListener("change", draw);
    return () => {
      watch.disconnect();
      system.removeEventListener("change", draw);
    };
  }, [block, sheet]);
  if (!partition) return null;
  const order = partition.names.map((_, code) => code).sort((a, b) => (partition.sizes[b] ?? 0) - (partition.sizes[a] ?? 0));
  return (
    <figure class="panel">
      {block.title && <h3>{block.title}</h3>}
      <div class="still-map">
        <canvas
          ref={canvas}
          width={SIDE}
          height={SIDE}
          role="img"
          aria-label={`${block.title || "Map"} of ${figure(block.n)} texts in ${figure(partition.names.length)} groups`}
        />
        <ul>
          {order.slice(0, SHOWN).map((code) => (
            <li>
              <Swatch slot={slots[partition.names[code] ?? ""]} />
              <span>{partition.names[code]}</span> <small>{figure(partition.sizes[code])}</small>
            </li>
          ))}
          {order.length > SHOWN && <li class="more-groups">and {figure(order.length - SHOWN)} more</li>}
        </ul>
      </div>
      {sheet.map && (
        <a class="open-map" href={sheet.map}>
          Explore the map
        </a>
      )}
      {block.note && (
        <figcaption>
          <Sentence text={block.note} />
        </figcaption>
      )}
    </figure>
  );
}

function paint(canvas: HTMLCanvasElement, block: MapData, slots: Record<string, number>): void {
  const context = canvas.getContext("2d");
  const partition = block.partitions[0];
  if (!context || !partition) return;
  const dark = getComputedStyle(canvas).colorScheme === "dark" || isDark();
  const shades = dark ? DARK : LIGHT;
  const none = dark ? "#6f7a86" : "#878f99";
  const colours = partition.names.map((name) => shades[(slots[name] ?? 0) % shades.length] ?? none);
  const size = block.x.length > 20_000 ? 2 : block.x.length > 4000 ? 3 : 5;
  context.clearRect(0, 0, SIDE, SIDE);
  context.globalAlpha = 0.75;
  block.x.forEach((x, at) => {
    context.fillStyle = colours[partition.codes[at] ?? -1] ?? none;
    context.fillRect(EDGE + x * (SIDE - 2 * EDGE), SIDE - EDGE - (block.y[at] ?? 0) * (SIDE - 2 * EDGE), size, size);
  });
}

function isDark(): boolean {
  const theme = document.documentElement.dataset.theme;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}
