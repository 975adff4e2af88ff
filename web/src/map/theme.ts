/** A colour as the four bytes of a pixel: red, green, blue, alpha, from the lowest. */
export type Word = number;

const STEPS = 256; // of the scale of a number

/** The map's colours as the page's style sheet gives them. */
export interface Theme {
  ground: Word;
  ink: Word;
  grey: Word;
  /** From low to high. */
  scale: Uint32Array;
}

export function readTheme(element: HTMLElement): Theme {
  const [ground, ink, grey, ...stops] = toWords(
    ["var(--map-ground)", "var(--map-ink)", "var(--map-grey)", "var(--map-low)", "var(--map-middle)", "var(--map-high)"],
    element,
  );
  return { ground: ground!, ink: ink!, grey: grey!, scale: ramp(stops) };
}

/** Asks the browser for colours in any notation of CSS, as they are at an element. */
export function toWords(colours: readonly string[], element: HTMLElement): Uint32Array {
  const words = new Uint32Array(colours.length);
  if (!colours.length) return words;
  const probe = document.createElement("i");
  probe.hidden = true;
  element.append(probe);
  const look = getComputedStyle(probe);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [colours.length, 1];
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  colours.forEach((colour, i) => {
    probe.style.color = "";
    probe.style.color = colour;
    context.fillStyle = look.color;
    context.fillRect(i, 0, 1, 1);
  });
  probe.remove();
  words.set(new Uint32Array(context.getImageData(0, 0, colours.length, 1).data.buffer));
  return words;
}

/** The same colour, `share` as opaque. */
export function thin(word: Word, share: number): Word {
  return ((((word >>> 24) * share + 0.5) << 24) | (word & 0xffffff)) >>> 0;
}

/** Colours evenly between the stops. */
function ramp(stops: readonly Word[]): Uint32Array {
  return Uint32Array.from({ length: STEPS }, (_, step) => {
    const at = (step / (STEPS - 1)) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    const mix = (shift: number) => {
      const [a, b] = [(stops[low]! >>> shift) & 255, (stops[low + 1]! >>> shift) & 255];
      return Math.round(a + (b - a) * (at - low)) << shift;
    };
    return (mix(0) | mix(8) | mix(16) | mix(24)) >>> 0;
  });
}
