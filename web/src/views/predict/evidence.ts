/** Which parts of a text speak for a prediction, and which against it. */
import type { Evidence, Indicator } from "../../api/models";

export interface Part {
  text: string;
  /** Above 0 it speaks for the prediction; null for text without a measured effect. */
  effect: number | null;
}

interface Span {
  start: number;
  end: number;
  effect: number;
}

/**
 * Cut a text where effects begin and end. Of spans within each other the shortest counts: the words
 * of a passage before the passage.
 */
export function partsOf(text: string, indicators: Indicator[]): Part[] {
  const places = placesOf(text);
  const spans = indicators
    .flatMap((indicator) => indicator.evidence.map((each) => spanOf(each, indicator, places)))
    .filter((span) => span !== null)
    .sort((a, b) => b.end - b.start - (a.end - a.start));
  const edges = [...new Set([0, text.length, ...spans.flatMap((span) => [span.start, span.end])])].sort((a, b) => a - b);
  const parts: Part[] = [];
  for (const [at, start] of edges.entries()) {
    const end = edges[at + 1];
    if (end === undefined) break;
    const effect = spans.findLast((span) => span.start <= start && end <= span.end)?.effect ?? null;
    const last = parts.at(-1);
    if (last && last.effect === effect) last.text += text.slice(start, end);
    else parts.push({ text: text.slice(start, end), effect });
  }
  return parts;
}

function spanOf(evidence: Evidence, indicator: Indicator, place: (character: number) => number): Span | null {
  const { source, start, end } = evidence;
  if (source !== "text" || typeof start !== "number" || typeof end !== "number" || end <= start) return null;
  return { start: place(start), end: place(end), effect: evidence.effect ?? indicator.effect };
}

/** The service counts characters, JavaScript counts units of UTF-16, of which an emoji has two. */
function placesOf(text: string): (character: number) => number {
  const places: number[] = [];
  for (let at = 0; at < text.length; at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1) places.push(at);
  if (places.length === text.length) return (character) => Math.max(0, Math.min(character, text.length));
  return (character) => places[character] ?? text.length;
}

/** How strong an effect is beside the strongest, 1 to 3. */
export function strength(effect: number, parts: Part[]): 1 | 2 | 3 {
  const most = Math.max(...parts.map((part) => Math.abs(part.effect ?? 0)), 1e-9);
  const share = Math.abs(effect) / most;
  return share > 0.66 ? 3 : share > 0.33 ? 2 : 1;
}
