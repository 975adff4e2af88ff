import { share } from "./format";
import "./Gauge.css";

export interface GaugeProps {
  /** From 0 to 1; null where it is not known. */
  value: number | null | undefined;
  label: string;
  /** What is written beside the bar; the percentage by default. */
  text?: string;
  colour?: string | undefined;
  hideLabel?: boolean;
}

/** A share as a bar with its figure. */
export function Gauge({ value, label, text, colour, hideLabel }: GaugeProps) {
  const known = value !== null && value !== undefined && !Number.isNaN(value);
  const width = known ? Math.max(0, Math.min(1, value)) * 100 : 0;
  return (
    <div class="gauge">
      {!hideLabel && <span class="gauge-label">{label}</span>}
      <span
        class="gauge-bar"
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(width)}
        aria-valuetext={text ?? share(value)}
      >
        <span style={{ width: `${width}%`, ...(colour ? { backgroundColor: colour } : {}) }} />
      </span>
      <span class="gauge-figure" aria-hidden="true">
        {text ?? share(value)}
      </span>
    </div>
  );
}
