import { arrange, paintWith, radiusAt, type Cloud } from "./cloud";
import { listen } from "./gestures";
import { Grid } from "./grid";
import { idOf, Names } from "./names";
import { Pace } from "./pace";
import { choosePainter, type Painter } from "./painter";
import { between, boxOf, centre, fit, keep, toSpace, zoomAt, type Box, type Size, type Space, type View } from "./space";
import { readTheme, toWords, type Theme } from "./theme";
import type { MapProps, PainterKind } from "./types";

const MARGIN = 44; // px around the whole map
const REACH = { mouse: 10, touch: 18 }; // px from the pointer to a point
const DEEPEST = 400; // times the zoom of the whole map
const SHALLOWEST = 0.6;
const STILL = 130; // ms without a move until all points are drawn
const SLICE = 9; // ms of drawing between two looks at the input
const FLIGHT = 420; // ms
const PIXELS = 2_400_000; // of a picture that a processor draws
const STEP = 1.5; // zoom of a button
const TOOLS = { width: 330, height: 60 }; // px at the top left, where views put what they search with
const BUTTONS = { width: 60, height: 160 }; // px at the top right, with their margin

/** The parts of the page that a scene draws on. */
export interface Parts {
  frame: HTMLElement;
  ground: HTMLElement;
  ring: SVGCircleElement;
  lasso: SVGPathElement;
  labels: HTMLElement;
  status: HTMLElement;
}

/** The map behind its component: keeps the view, draws, and answers pointer and keys. */
export class Scene {
  private space: Space;
  private index: Grid | null = null;
  private theme: Theme;
  private cloud: Cloud | null = null;
  private painter: Painter;
  private pace: Pace;
  private readonly names: Names;
  private readonly hands: { stop(): void; drop(): void };
  private readonly off = new AbortController();
  private readonly watchers: { disconnect(): void }[] = [];

  private size: Size = { width: 0, height: 0 };
  private view: View = { k: 1, left: 0, top: 0 };
  private home: View = { k: 1, left: 0, top: 0 };

  private frame = 0;
  private rest = 0; // timer of the whole picture
  private told = 0; // timer of what a screen reader is told
  private timed: { points: number; at: number } | null = null; // the picture before, on a graphics card
  private movedAt = -Infinity; // or changed its colours
  private settled = false; // it stays so: all points may be drawn
  private stale = true; // the picture is not of the present view and colours
  private drawing = false; // a whole picture is being drawn in slices
  private flight: { from: View; to: View; began: number; lasts: number } | null = null;
  private hovered = -1;
  private keyed = false; // the keyboard moves the map

  constructor(
    private readonly parts: Parts,
    private props: MapProps,
  ) {
    this.space = toSpace(props.points);
    this.theme = readTheme(parts.frame);
    [this.painter, this.pace] = this.install(choosePainter(props.bench?.painter));
    this.names = new Names(
      parts.labels,
      (id) => this.props.onLabel?.(id),
      () => this.props.onLabel !== undefined,
    );
    this.hands = listen(parts.frame, {
      lassoes: () => this.props.mode === "lasso",
      grab: () => {
        this.flight = null;
        this.key(false);
        this.hover(-1);
      },
      pan: (dx, dy) => this.look({ ...this.view, left: this.view.left + dx, top: this.view.top + dy }),
      zoom: (factor, x, y) => {
        this.flight = null;
        this.zoom(factor, x, y);
      },
      leap: (x, y, out) => this.fly(zoomAt(this.view, this.bound(this.view.k * (out ? 0.5 : 2)), x, y)),
      hover: (x, y) => this.hover(this.at(x, y, REACH.mouse)),
      leave: () => this.hover(-1),
      tap: (x, y, touch, target) => this.tap(x, y, touch, target),
      draw: (path) => this.parts.lasso.setAttribute("d", path ? `M${path.join(" ")}Z` : ""),
      enclose: (path) => this.enclose(path),
    });
    parts.ground.addEventListener("keydown", (event) => this.press(event), { signal: this.off.signal });
    parts.ground.addEventListener("blur", () => this.key(false), { signal: this.off.signal });
    this.watch();
    this.resize();
    this.recolour();
    this.names.load(props.labels, this.space, this.size);
    if (props.focus) this.show(props.focus.places, false);
    this.draw();
    // after the first picture, before the first pointer
    window.setTimeout(() => this.grid, 60);
  }

  // ---- properties

  update(next: MapProps): void {
    const before = this.props;
    this.props = next;
    if (next === before) return;
    const moved = next.points !== before.points;
    if (moved) {
      this.hover(-1);
      this.space = toSpace(next.points);
      this.index = null;
      this.fitHome();
      this.look(this.home);
    }
    const { colours, lit, chosen, shown } = next;
    if (moved || colours !== before.colours || lit !== before.lit || chosen !== before.chosen || shown !== before.shown) {
      this.recolour();
    }
    if (moved || next.labels !== before.labels) {
      this.names.load(next.labels, this.space, this.size);
      this.request();
    }
    if (next.mode !== before.mode) {
      this.hands.drop();
      this.hover(-1);
    }
    if (next.focus && next.focus.key !== before.focus?.key) this.show(next.focus.places, true);
  }

  private recolour(): void {
    const { colours, lit, chosen, shown } = this.props;
    const palette = "palette" in colours ? toWords(colours.palette, this.parts.frame) : new Uint32Array(0);
    this.cloud = arrange(this.space, paintWith(colours, palette, this.theme), this.theme, { lit, chosen, shown });
    this.painter.load(this.cloud, this.theme.ground);
    if (this.hovered >= 0 && shown && !shown[this.hovered]) this.hover(-1);
    this.movedAt = performance.now();
    this.settled = false;
    this.stale = true;
    this.request();
  }

  // ---- view

  private bound(k: number): number {
    return Math.max(this.home.k * SHALLOWEST, Math.min(this.home.k * DEEPEST, k));
  }

  private fitHome(): void {
    const margin = Math.min(MARGIN, this.size.width / 12);
    this.home = fit({ left: 0, top: 0, right: this.space.width, bottom: this.space.height }, this.size, margin);
    // points at one place only
    if (!this.space.width && !this.space.height) this.home = centre(0, 0, Math.max(this.size.width, 1), this.size);
  }

  private look(view: View): void {
    this.view = keep(view, this.space, this.size);
    this.movedAt = performance.now();
    this.settled = false;
    this.stale = true;
    this.request();
  }

  zoom(factor: number, x = this.size.width / 2, y = this.size.height / 2): void {
    this.look(zoomAt(this.view, this.bound(this.view.k * factor), x, y));
  }

  /** For the buttons: one step in or out, or the whole map. */
  go(where: "in" | "out" | "home"): void {
    const from = this.flight?.to ?? this.view;
    const { width, height } = this.size;
    if (where === "home") this.fly(this.home);
    else this.fly(zoomAt(from, this.bound(from.k * (where === "in" ? STEP : 1 / STEP)), width / 2, height / 2), FLIGHT / 2);
  }

  private show(places: Uint32Array, flying: boolean): void {
    const box = boxOf(this.space, places);
    if (!box) return;
    const view = fit(box, this.size, Math.min(90, this.size.width / 6), this.home.k * 24);
    if (flying) this.fly(view);
    else this.look(view);
  }

  private fly(to: View, lasts = FLIGHT): void {
    this.hover(-1);
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.flight = null;
      this.look(to);
      return;
    }
    this.flight = { from: this.view, to, began: performance.now(), lasts };
    this.request();
  }

  private advance(now: number): void {
    if (!this.flight) return;
    const { from, to, began, lasts } = this.flight;
    const part = Math.max(0, Math.min(1, (now - began) / lasts));
    this.look(between(from, to, part * part * (3 - 2 * part), this.size));
    if (part === 1) this.flight = null;
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.parts.frame;
    const finest = this.painter.software ? Math.max(1, Math.sqrt(PIXELS / Math.max(width * height, 1))) : 3;
    const ratio = Math.min(devicePixelRatio || 1, finest);
    const before = this.size;
    const atHome = !before.width || (this.view.k === this.home.k && this.view.left === this.home.left && this.view.top === this.home.top);
    this.size = { width, height };
    this.painter.resize(width, height, ratio);
    if (!width || !height) return;
    this.fitHome();
    this.view = atHome
      ? this.home
      : { ...this.view, left: this.view.left + (width - before.width) / 2, top: this.view.top + (height - before.height) / 2 };
    this.stale = true;
  }

  // ---- drawing

  private request(): void {
    this.frame ||= requestAnimationFrame((now) => {
      this.frame = 0;
      this.advance(now);
      this.draw(now);
    });
  }

  private draw(now = performance.now()): void {
    if (!this.size.width || !this.size.height || !this.cloud) return;
    if (this.timed) this.pace.learn(this.timed.points, now - this.timed.at);
    this.timed = null;
    if (this.stale) this.start(this.cloud.x.length, now);
    else if (this.drawing) this.drawing = !this.painter.work(performance.now() + SLICE);
    if (this.drawing) this.request();
    this.names.move(this.view, this.size, this.obstacles());
    this.moveRing();
  }

  /** Draws as many points as there is time for, or starts to draw all where the map is still. */
  private start(points: number, now: number): void {
    const began = performance.now();
    const all = this.settled;
    const share = all ? 1 : this.pace.share(points);
    this.settled = this.stale = false;
    // fewer points are larger, so that the picture is about as dark
    this.painter.begin(this.view, this.growth() * Math.min(1.6, share ** -0.25), share);
    this.drawing = !this.painter.work(all ? began + SLICE : Infinity);
    const cost = performance.now() - began;
    this.props.bench?.drawn?.({ kind: this.painter.kind, cost, share });
    if (all) return;
    if (this.painter.kind === "canvas") {
      this.pace.learn(points * share, cost);
    } else {
      // WebGL draws after the call: the time until the next frame tells how long
      this.timed = { points: points * share, at: now };
      this.request();
    }
    if (share < 1) this.rest ||= window.setTimeout(() => this.settle(), STILL);
  }

  /** Draws all points once the map is still. */
  private settle(): void {
    this.rest = 0;
    const left = this.movedAt + STILL - performance.now();
    if (this.flight || left > 0) {
      this.rest = window.setTimeout(() => this.settle(), Math.max(left, 20));
      return;
    }
    this.settled = this.stale = true;
    this.request();
  }

  /** How much larger points are than where the whole map is in sight. */
  private growth(): number {
    return (this.view.k / this.home.k) ** 0.45;
  }

  private obstacles(): Box[] {
    const { width } = this.size;
    return [
      { left: width - BUTTONS.width, top: 0, right: width, bottom: BUTTONS.height },
      { left: 0, top: 0, right: TOOLS.width, bottom: TOOLS.height },
    ];
  }

  private moveRing(): void {
    const { ring } = this.parts;
    ring.classList.toggle("on", this.hovered >= 0);
    if (this.hovered < 0) return;
    const [x, y] = this.pixelOf(this.hovered);
    ring.setAttribute("cx", x.toFixed(1));
    ring.setAttribute("cy", y.toFixed(1));
    const layer = this.cloud?.layers.at(-1);
    ring.setAttribute("r", (Math.max(2, layer ? radiusAt(layer, this.growth()) : 0) + 3.5).toFixed(1));
  }

  // ---- painter and theme

  private install(painter: Painter): [Painter, Pace] {
    const { kind, canvas } = painter;
    canvas.setAttribute("aria-hidden", "true");
    this.parts.ground.replaceChildren(canvas);
    if (kind === "webgl") {
      const swap = (forced: PainterKind) => {
        if (this.off.signal.aborted) return;
        [this.painter, this.pace] = this.install(choosePainter(forced));
        this.resize();
        if (this.cloud) this.painter.load(this.cloud, this.theme.ground);
        this.draw();
      };
      // the card is gone, and may come back
      const { signal } = this.off;
      canvas.addEventListener("webglcontextlost", (event) => { event.preventDefault(); swap("canvas"); }, { signal });
      canvas.addEventListener("webglcontextrestored", () => swap("webgl"), { signal });
    }
    const pace = kind === "canvas" ? new Pace(60_000, 10_000, 11) : new Pace(2_000_000, 150_000, 19);
    return [painter, pace];
  }

  private watch(): void {
    const { signal } = this.off;
    const restyle = () => {
      this.theme = readTheme(this.parts.frame);
      this.recolour();
    };
    const root = new MutationObserver(restyle);
    root.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme", "class"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle, { signal });
    const size = new ResizeObserver(() => {
      const { clientWidth, clientHeight } = this.parts.frame;
      if (clientWidth === this.size.width && clientHeight === this.size.height) return;
      this.resize();
      this.names.resized(this.space, this.size);
      this.draw(); // at once: a resized canvas is empty
    });
    size.observe(this.parts.frame);
    this.watchers.push(root, size);
    // moved to a screen with other pixels
    const denser = () => {
      matchMedia(`(resolution: ${devicePixelRatio}dppx)`).addEventListener("change", () => {
        this.resize();
        this.draw();
        denser();
      }, { once: true, signal });
    };
    denser();
  }

  // ---- points under the pointer

  private get grid(): Grid {
    return (this.index ??= new Grid(this.space));
  }

  private pixelOf(place: number): [number, number] {
    const { k, left, top } = this.view;
    return [this.space.x[place]! * k + left, this.space.y[place]! * k + top];
  }

  private at(x: number, y: number, reach: number): number {
    const { k, left, top } = this.view;
    return this.grid.nearest((x - left) / k, (y - top) / k, reach / k, this.props.shown);
  }

  private hover(place: number): void {
    if (place === this.hovered) return;
    this.hovered = place;
    this.parts.frame.classList.toggle("over", place >= 0);
    this.moveRing();
    const [x, y] = place >= 0 ? this.pixelOf(place) : [0, 0];
    this.props.onHover?.(place, x, y);
  }

  private tap(x: number, y: number, touch: boolean, target: EventTarget | null): void {
    const label = idOf(target);
    if (label !== null && this.props.onLabel && this.props.mode === "pan") {
      this.props.onLabel(label);
      return;
    }
    this.parts.ground.focus({ preventScroll: true });
    const place = this.at(x, y, touch ? REACH.touch : REACH.mouse);
    if (place >= 0) this.props.onPick?.(place);
  }

  private enclose(path: readonly number[]): void {
    const { k, left, top } = this.view;
    const polygon = Float32Array.from(path, (pixel, i) => (pixel - (i % 2 ? top : left)) / k);
    this.props.onLasso?.(this.grid.inside(polygon, this.props.shown));
  }

  // ---- keyboard

  private inSight(): Uint32Array<ArrayBuffer> {
    const { k, left, top } = this.view;
    const box = { left: -left / k, top: -top / k, right: (this.size.width - left) / k, bottom: (this.size.height - top) / k };
    return this.grid.inBox(box, this.props.shown);
  }

  private key(on: boolean): void {
    if (on === this.keyed) return;
    this.keyed = on;
    this.parts.frame.classList.toggle("keyed", on);
    if (!on) this.parts.status.textContent = "";
  }

  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const far = event.shiftKey ? 200 : 60;
    const { width, height } = this.size;
    const move = (dx: number, dy: number) => {
      this.flight = null;
      this.look({ ...this.view, left: this.view.left + dx, top: this.view.top + dy });
    };
    const keys: Record<string, () => void> = {
      ArrowLeft: () => move(far, 0),
      ArrowRight: () => move(-far, 0),
      ArrowUp: () => move(0, far),
      ArrowDown: () => move(0, -far),
      "+": () => this.go("in"),
      "=": () => this.go("in"),
      "-": () => this.go("out"),
      _: () => this.go("out"),
      "0": () => this.go("home"),
      Enter: () => {
        if (this.props.mode === "lasso") this.props.onLasso?.(this.inSight());
        else if (this.hovered >= 0) this.props.onPick?.(this.hovered);
      },
      Escape: () => {
        this.hands.drop();
        this.hover(-1);
        if (this.props.mode === "lasso") this.props.onMode?.("pan");
      },
    };
    const act = keys[event.key];
    if (!act) return;
    if (event.key !== "Escape") event.preventDefault();
    act();
    if (event.key === "Enter" || event.key === "Escape") return;
    this.key(true);
    window.clearTimeout(this.told);
    this.told = window.setTimeout(() => {
      if (!this.keyed) return;
      this.hover(this.at(width / 2, height / 2, 40));
      const rows = this.inSight().length.toLocaleString("en");
      this.parts.status.textContent = `${rows} ${rows === "1" ? "row" : "rows"} and ${this.names.count} names in view.`;
    }, 500);
  }

  dispose(): void {
    this.off.abort();
    this.hands.stop();
    for (const watcher of this.watchers) watcher.disconnect();
    cancelAnimationFrame(this.frame);
    window.clearTimeout(this.rest);
    window.clearTimeout(this.told);
    this.painter.dispose();
  }
}
