import type { Box, Size, Space, View } from "./space";
import { place, thresholds, type Mark } from "./thinning";
import type { MapLabel } from "./types";

const MOST = 3_000; // labels that are considered, heaviest first
const GAP = { width: 5, height: 1 }; // px kept free around a label
const DOT = 13; // px of the dot before a text, with its gap
const PADDING = 5; // px left and right of the text

/** How a label looks, as map.css has it. */
interface Look {
  /** Longest text, in pixels; longer ones end with an ellipsis. */
  longest: number;
  height: number;
}

const WIDE: Look = { longest: 220, height: 24 };
const NARROW: Look = { longest: 150, height: 30 };
const NARROW_BELOW = 560; // px of the map

/** The names over the map: chooses which are shown, places and moves their elements. */
export class Names {
  private labels: MapLabel[] = [];
  private marks: Mark[] = [];
  private from: Float64Array = new Float64Array(0);
  private elements = new Map<string, HTMLElement>();
  private shown: string[] = [];
  private narrow = false;

  constructor(
    private readonly parent: HTMLElement,
    private readonly choose: (id: string) => void,
    private readonly clickable: () => boolean,
  ) {
    parent.addEventListener("keydown", (event) => this.step(event));
    parent.addEventListener("click", (event) => {
      // a pointer's click is told by the map's gestures; this one is of the keyboard or a reader
      const id = idOf(event.target);
      if (id !== null && event.detail === 0) this.choose(id);
    });
  }

  load(labels: readonly MapLabel[], space: Space, size: Size): void {
    this.labels = labels
      .filter(({ text, x, y }) => text && Number.isFinite(x) && Number.isFinite(y))
      .sort((a, b) => b.weight - a.weight)
      .slice(0, MOST);
    const kept = new Set(this.labels.map(({ id }) => id));
    for (const [id, element] of this.elements) {
      if (kept.has(id)) continue;
      element.remove();
      this.elements.delete(id);
    }
    this.measure(space, size);
  }

  /** Measures all texts; again when the map becomes narrow or wide. */
  measure(space: Space, size: Size): void {
    this.narrow = size.width < NARROW_BELOW;
    this.parent.classList.toggle("narrow", this.narrow);
    const { longest, height } = this.narrow ? NARROW : WIDE;
    const context = document.createElement("canvas").getContext("2d")!;
    const family = getComputedStyle(this.parent).fontFamily;
    const heaviest = this.labels[0]?.weight ?? 1;
    this.marks = this.labels.map((label) => {
      context.font = `600 ${fontSize(label.weight, heaviest)}px ${family}`;
      const text = Math.min(longest, Math.ceil(context.measureText(label.text).width) + 1);
      return {
        x: (label.x - space.left) * space.scale,
        y: (space.top - label.y) * space.scale,
        halfWidth: (text + 2 * PADDING + (label.colour ? DOT : 0)) / 2 + GAP.width,
        halfHeight: height / 2 + GAP.height,
      };
    });
    this.from = thresholds(this.marks);
    this.labels.forEach((label) => {
      const element = this.elements.get(label.id);
      if (element) this.fill(element, label);
    });
  }

  resized(space: Space, size: Size): void {
    if (size.width < NARROW_BELOW !== this.narrow) this.measure(space, size);
  }

  /** Shows the labels of a view. */
  move(view: View, size: Size, obstacles: readonly Box[]): void {
    const placed = place(this.marks, this.from, view, size, obstacles);
    const now = placed.map(({ index }) => this.labels[index]!.id);
    const kept = new Set(now);
    for (const id of this.shown) if (!kept.has(id)) this.hide(id);
    for (const { index, x, y } of placed) {
      const element = this.elementOf(this.labels[index]!);
      if (element.hidden) element.hidden = false;
      const { halfWidth, halfHeight } = this.marks[index]!;
      const left = Math.round(x - halfWidth + GAP.width);
      const top = Math.round(y - halfHeight + GAP.height);
      element.style.transform = `translate(${left}px, ${top}px)`;
    }
    this.shown = now;
    this.tabStop();
  }

  get count(): number {
    return this.shown.length;
  }

  private elementOf(label: MapLabel): HTMLElement {
    const known = this.elements.get(label.id);
    if (known) return known;
    const made = document.createElement(this.clickable() ? "button" : "span");
    if (made instanceof HTMLButtonElement) {
      made.type = "button";
      made.tabIndex = -1;
    }
    made.className = "map-label";
    made.dataset.label = label.id;
    this.fill(made, label);
    this.elements.set(label.id, made);
    this.parent.append(made);
    return made;
  }

  private fill(element: HTMLElement, label: MapLabel): void {
    const text = document.createElement("span");
    text.textContent = label.text;
    element.replaceChildren(text);
    if (label.colour) {
      const dot = document.createElement("i");
      dot.style.background = label.colour;
      element.prepend(dot);
    }
    element.title = label.text;
    element.style.fontSize = `${fontSize(label.weight, this.labels[0]!.weight)}px`;
  }

  private hide(id: string): void {
    const element = this.elements.get(id);
    if (!element) return;
    // the focus is not lost with the label
    if (element === document.activeElement) {
      element.closest(".map")?.querySelector<HTMLElement>(".map-ground")?.focus({ preventScroll: true });
    }
    element.hidden = true;
    element.tabIndex = -1;
  }

  /** One label takes part in the tab order; arrows go from one to the next. */
  private tabStop(): void {
    if (!this.clickable()) return;
    const active = idOf(document.activeElement);
    const stop = active !== null && this.shown.includes(active) ? active : this.shown[0];
    for (const id of this.shown) {
      const element = this.elements.get(id)!;
      const wanted = id === stop ? 0 : -1;
      if (element.tabIndex !== wanted) element.tabIndex = wanted;
    }
  }

  private step(event: KeyboardEvent): void {
    const id = idOf(event.target);
    const at = id === null ? -1 : this.shown.indexOf(id);
    if (at < 0) return;
    const last = this.shown.length - 1;
    const to: Record<string, number> = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowDown: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      ArrowUp: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.elements.get(this.shown[next]!)?.focus({ preventScroll: true });
    this.tabStop();
  }
}

/** The label that an element belongs to. */
export function idOf(target: EventTarget | null): string | null {
  if (!(target instanceof Element)) return null;
  return target.closest<HTMLElement>("[data-label]")?.dataset.label ?? null;
}

function fontSize(weight: number, heaviest: number): number {
  return 12 + Math.round(2 * Math.sqrt(Math.max(0, weight / heaviest || 0)));
}
