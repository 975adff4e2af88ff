import { count, day } from "../../parts/format";
import type { Segments } from "../../api/types";

/** Rows over time as bars; says what it shows in words too. */
export function Sparkline({ values, over, colour, height = 36 }: { values: number[]; over: Segments["trend"]; colour: string; height?: number }) {
  if (values.length < 2 || !over) return null;
  const most = Math.max(...values, 1);
  const step = 100 / values.length;
  const [first, last] = [values.slice(0, Math.ceil(values.length / 2)), values.slice(Math.ceil(values.length / 2))].map(
    (part) => part.reduce((sum, each) => sum + each, 0),
  );
  const words = `Rows from ${day(over.from)} to ${day(over.to)}: ${count(first ?? 0)} in the first half, ${count(last ?? 0)} in the second.`;
  return (
    <svg class="sparkline" role="img" aria-label={words} viewBox={`0 0 100 ${height}`} preserveAspectRatio="none" style={{ color: colour, height: `${height}px` }}>
      <title>{words}</title>
      {values.map((value, place) => {
        const tall = Math.max((value / most) * (height - 2), value ? 1.5 : 0.5);
        return <rect key={place} x={place * step + step * 0.12} y={height - tall} width={step * 0.76} height={tall} fill="currentColor" />;
      })}
    </svg>
  );
}
