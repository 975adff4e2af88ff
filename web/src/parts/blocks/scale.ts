/** From values to percentages of an axis, and where its ticks are; as the HTML reports have them. */
import { figure } from "../format";

const STEPS = [[1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]; // of a logarithmic axis, many to few
const MOST_TICKS = 5;

export interface Tick {
  at: number;
  text: string;
}

export class Scale {
  private constructor(
    private readonly low: number,
    private readonly high: number,
    private readonly log: boolean,
    private readonly percentSign: boolean,
  ) {}

  /** Span the values, with a share `pad` of room at each end. */
  static over(values: Iterable<number>, { log = false, pad = 0, percentSign = false } = {}): Scale {
    let low = Infinity;
    let high = -Infinity;
    for (const value of values) {
      const end = log ? Math.log10(value) : value;
      if (!Number.isFinite(end)) continue;
      low = Math.min(low, end);
      high = Math.max(high, end);
    }
    if (low > high) [low, high] = [0, 1];
    if (low === high) [low, high] = [low - 0.5, high + 0.5];
    const room = (high - low) * pad;
    return new Scale(low - room, high + room, log, percentSign);
  }

  /** Give the place of a value, 0 to 100 within the scale. */
  percent(value: number): number {
    const place = this.log ? Math.log10(value) : value;
    return ((place - this.low) / (this.high - this.low)) * 100;
  }

  ticks(): Tick[] {
    let inside: number[];
    if (this.log) {
      const found = STEPS.map((steps) => this.inside(this.powers(steps)));
      const last = found[found.length - 1] ?? [];
      const every = Math.ceil(last.length / MOST_TICKS) || 1;
      inside = found.find((each) => each.length <= MOST_TICKS) ?? last.filter((_, at) => at % every === 0);
    } else {
      const step = niceStep((this.high - this.low) / 5);
      const first = Math.ceil(this.low / step - 1e-9);
      const last = Math.floor(this.high / step + 1e-9);
      inside = this.inside(Array.from({ length: last - first + 1 }, (_, at) => step * (first + at)));
    }
    return inside.map((value) => ({ at: this.percent(value), text: this.text(value) }));
  }

  private powers(steps: number[]): number[] {
    const found: number[] = [];
    for (let power = Math.floor(this.low); power <= Math.ceil(this.high); power += 1) {
      found.push(...steps.map((step) => step * 10 ** power));
    }
    return found;
  }

  private inside(values: number[]): number[] {
    return values.filter((value) => this.percent(value) >= -1e-6 && this.percent(value) <= 100 + 1e-6);
  }

  private text(value: number): string {
    if (Math.abs(value) < 1e-12) return "0";
    if (this.percentSign) return `${Number((value * 100).toPrecision(6))}%`;
    const whole = Math.abs(value - Math.round(value)) < 1e-9;
    return figure(whole ? Math.round(value) : value);
  }
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return (([1, 2, 2.5, 5, 10].find((nice) => power * nice >= rough * 0.999) ?? 10) as number) * power;
}

/** Estimate the width of a text in px, in the wider of the usual fonts. */
export function textWidth(text: string, size = 11.5): number {
  let ems = 0;
  for (const letter of text) {
    if ("iljftI.,;:'|! ".includes(letter)) ems += 0.36;
    else if ("mwMW_%@".includes(letter) || (letter !== letter.toLowerCase() && letter === letter.toUpperCase())) ems += 0.74;
    else ems += 0.6;
  }
  return ems * size;
}
