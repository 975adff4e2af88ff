/**
 * The map on made-up points, for looking at and for measuring; no part of the built page.
 * `map.html?n=1000000&groups=120&renderer=canvas&colours=values&theme=dark`
 */
import { render } from "preact";
import { useMemo, useState } from "preact/hooks";
import "../style/tokens.css";
import "../style/base.css";
import "./demo.css";
import { PointMap, type Drawn, type MapLabel, type MapMode, type PainterKind } from "./index";

const asked = new URLSearchParams(location.search);
const n = Number(asked.get("n") ?? 27_000);
const groups = Number(asked.get("groups") ?? 150);
const renderer = asked.get("renderer") as PainterKind | null;
const theme = asked.get("theme");
if (theme) document.documentElement.dataset.theme = theme;

const stats = { first: 0, since: performance.now(), pictures: [] as (Drawn & { at: number })[] };
Object.assign(window, { __map: stats });

/** Evenly spread numbers in 0..1, the same each time (mulberry32). */
function dice(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const TOPICS = "Card,Refund,Top-up,Exchange rate,Transfer,Password,Identity,Cash withdrawal,Fee,Account".split(",");
const MATTERS =
  "not arrived,declined,pending for several days without notice,charged twice,limits,wrong amount,lost or stolen,how to change,not recognised,supported countries and currencies,cancelled,delayed,blocked,by mistake,questions".split(",");

function makeUp() {
  const roll = dice(7);
  const bell = () => Math.sqrt(-2 * Math.log(1 - roll())) * Math.cos(2 * Math.PI * roll());
  const centres = Array.from({ length: groups }, (_, g) => {
    const angle = (g % 10) * 0.63 + bell() * 0.25;
    const far = 3 + 5 * roll();
    return { x: far * Math.cos(angle) * 1.35 + bell(), y: far * Math.sin(angle) + bell(), spread: 0.12 + 0.3 * roll(), weight: 0.1 + roll() ** 3 };
  });
  const total = centres.reduce((sum, { weight }) => sum + weight, 0);
  const bounds = centres.map(((sum) => ({ weight }) => (sum += weight / total))(0));
  const points = { x: new Float32Array(n), y: new Float32Array(n) };
  const codes = new Int32Array(n);
  const values = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const u = roll();
    let g = bounds.findIndex((bound) => u < bound);
    if (g < 0) g = groups - 1;
    const { x, y, spread } = centres[g]!;
    const stray = roll() < 0.12 ? 4 : 1;
    points.x[i] = x + bell() * spread * stray;
    points.y[i] = y + bell() * spread * stray;
    codes[i] = stray > 1 && roll() < 0.6 ? -1 : g;
    values[i] = stray > 1 ? NaN : x + bell();
  }
  const palette = Array.from({ length: groups }, (_, g) => `oklch(${theme === "dark" ? 0.75 : 0.58} 0.14 ${(g * 137.5) % 360})`);
  const labels: MapLabel[] = centres.map(({ x, y, weight }, g) => ({
    id: String(g),
    text: `${TOPICS[g % TOPICS.length]} ${MATTERS[Math.floor(g / TOPICS.length) % MATTERS.length]}`,
    x,
    y,
    weight,
    colour: palette[g]!,
  }));
  return { points, codes, values, palette, labels };
}

const made = makeUp();

function Demo() {
  const [mode, setMode] = useState<MapMode>((asked.get("mode") as MapMode | null) ?? "pan");
  const [chosen, setChosen] = useState<Uint32Array | null>(null);
  const [lit, setLit] = useState<Uint32Array | null>(null);
  const [shown, setShown] = useState<Uint8Array | null>(null);
  const [focus, setFocus] = useState<{ places: Uint32Array; key: number } | null>(null);
  const [said, say] = useState("");
  const byValue = asked.get("colours") === "values";
  const colours = useMemo(
    () => (byValue ? { values: made.values, low: -8, high: 8 } : { codes: made.codes, palette: made.palette }),
    [],
  );
  const of = (group: number) => Uint32Array.from([...made.codes.keys()].filter((i) => made.codes[i] === group));
  const bench = useMemo(() => ({
    painter: renderer ?? undefined,
    drawn(picture: Drawn) {
      const at = performance.now();
      stats.first ||= at - stats.since;
      if (stats.pictures.length < 5_000) stats.pictures.push({ ...picture, at });
    },
  }), []);
  return (
    <div class="demo">
      <header>
        <h1>{n.toLocaleString("en")} points</h1>
        <button type="button" onClick={() => setMode(mode === "pan" ? "lasso" : "pan")}>{mode === "pan" ? "Lasso" : "Move"}</button>
        <button type="button" onClick={() => setLit(lit ? null : of(3))}>Search</button>
        <button type="button" onClick={() => setShown(shown ? null : Uint8Array.from(made.codes, (code) => (code % 2 ? 1 : 0)))}>Filter</button>
        <button type="button" onClick={() => setFocus({ places: of(5), key: (focus?.key ?? 0) + 1 })}>Zoom to a group</button>
      </header>
      <div class="stage">
        <PointMap
          points={made.points}
          colours={colours}
          labels={made.labels}
          lit={lit}
          chosen={chosen}
          shown={shown}
          mode={mode}
          focus={focus}
          ariaLabel={`Map of ${n} points`}
          onHover={(place, x, y) => say(place < 0 ? "" : `row ${place} at ${x.toFixed(0)}, ${y.toFixed(0)}`)}
          onPick={(place) => { say(`picked ${place}`); setChosen(Uint32Array.of(place)); }}
          onLasso={(places) => { say(`${places.length} rows in the lasso`); setChosen(places); }}
          onLabel={(id) => { say(`label ${id}`); setChosen(of(Number(id))); }}
          onMode={setMode}
          bench={bench}
        />
      </div>
      <output>{said}</output>
    </div>
  );
}

stats.since = performance.now();
render(<Demo />, document.getElementById("app")!);
