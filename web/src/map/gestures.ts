/** What the pointer does to the map; places are pixels of the map. */
export interface Hands {
  /** Whether a drag draws a lasso in place of moving the map. */
  lassoes(): boolean;
  grab(): void;
  pan(dx: number, dy: number): void;
  zoom(factor: number, x: number, y: number): void;
  /** A step of zoom, for a double click. */
  leap(x: number, y: number, out: boolean): void;
  hover(x: number, y: number): void;
  leave(): void;
  tap(x: number, y: number, touch: boolean, target: EventTarget | null): void;
  /** The lasso so far, x and y by turns; `null` when it is given up. */
  draw(path: readonly number[] | null): void;
  enclose(path: readonly number[]): void;
}

interface Place {
  x: number;
  y: number;
}

const SLACK = { mouse: 4, touch: 10 }; // px that a click may travel
const STEP = 3; // px between two corners of a lasso
const DOUBLE = { ms: 320, px: 28 };

/** Listens to pointer and wheel on the map; returns the function that stops it. */
export function listen(element: HTMLElement, hands: Hands): { stop(): void; drop(): void } {
  const off = new AbortController();
  const fingers = new Map<number, Place>();
  let travelled = 0;
  let start: { target: EventTarget | null; touch: boolean } = { target: null, touch: false };
  let several = false; // more than one finger since the first came down
  let path: number[] | null = null;
  let last = { at: -Infinity, x: 0, y: 0 };

  const placeOf = (event: MouseEvent): Place => {
    const frame = element.getBoundingClientRect();
    return { x: event.clientX - frame.left - element.clientLeft, y: event.clientY - frame.top - element.clientTop };
  };
  const onControl = (event: Event) => event.target instanceof Element && event.target.closest(".map-buttons") !== null;
  const onLabel = (event: Event) => event.target instanceof Element && event.target.closest("button.map-label") !== null;
  const on = <K extends keyof HTMLElementEventMap>(
    name: K,
    then: (event: HTMLElementEventMap[K]) => void,
    options: AddEventListenerOptions = {},
  ) => element.addEventListener(name, then, { ...options, signal: off.signal });

  function drop(): void {
    if (path) hands.draw(null);
    path = null;
  }

  on("pointerdown", (event) => {
    if (event.button || onControl(event)) return;
    const at = placeOf(event);
    hands.grab();
    if (!fingers.size) {
      travelled = 0;
      several = false;
      start = { target: event.target, touch: event.pointerType !== "mouse" };
      if (hands.lassoes()) path = [at.x, at.y];
    } else {
      several = true;
      drop();
    }
    fingers.set(event.pointerId, at);
    element.setPointerCapture(event.pointerId);
  });

  on("pointermove", (event) => {
    const now = placeOf(event);
    const before = fingers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "touch") return;
      if (onControl(event) || onLabel(event)) hands.leave();
      else hands.hover(now.x, now.y);
      return;
    }
    travelled += Math.hypot(now.x - before.x, now.y - before.y);
    const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    const other = others[0];
    if (other) {
      const gap = (place: Place) => Math.max(1, Math.hypot(place.x - other.x, place.y - other.y));
      hands.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
      hands.zoom(gap(now) / gap(before), (now.x + other.x) / 2, (now.y + other.y) / 2);
    } else if (path) {
      const [x, y] = path.slice(-2);
      if (Math.hypot(now.x - x!, now.y - y!) >= STEP) {
        path.push(now.x, now.y);
        hands.draw(path);
      }
    } else if (travelled > (start.touch ? SLACK.touch : SLACK.mouse) && !(several && hands.lassoes())) {
      hands.pan(now.x - before.x, now.y - before.y);
    }
    fingers.set(event.pointerId, now);
  });

  const lift = (event: PointerEvent) => {
    const at = fingers.get(event.pointerId);
    if (!at) return;
    fingers.delete(event.pointerId);
    if (fingers.size) return;
    const drawn = path;
    const still = travelled <= (start.touch ? SLACK.touch : SLACK.mouse);
    drop();
    if (event.type === "pointercancel" || several) return;
    if (!still) {
      if (drawn) hands.enclose(drawn);
      return;
    }
    const double = event.timeStamp - last.at < DOUBLE.ms && Math.hypot(at.x - last.x, at.y - last.y) < DOUBLE.px;
    last = { at: double ? -Infinity : event.timeStamp, ...at };
    if (double && !hands.lassoes()) hands.leap(at.x, at.y, event.shiftKey);
    else hands.tap(at.x, at.y, start.touch, start.target);
  };
  on("pointerup", lift);
  on("pointercancel", lift);
  on("pointerleave", () => hands.leave());

  on(
    "wheel",
    (event) => {
      event.preventDefault();
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1; // lines, pages, pixels
      const turn = Math.max(-240, Math.min(240, event.deltaY * unit));
      const { x, y } = placeOf(event);
      // a pinch on a touch pad comes as a wheel with the control key, in small steps
      hands.zoom(Math.exp(-turn * (event.ctrlKey ? 0.01 : 0.0022)), x, y);
    },
    { passive: false },
  );

  return { stop: () => off.abort(), drop };
}
