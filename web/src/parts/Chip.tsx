import type { ComponentChildren } from "preact";
import "./Chip.css";

export interface ChipProps {
  children: ComponentChildren;
  tone?: "plain" | "accent" | "good" | "warning" | "bad";
  /** A CSS colour for the dot before the text. */
  colour?: string | undefined;
  title?: string;
  onRemove?: (() => void) | undefined;
  removeLabel?: string;
}

export function Chip({ children, tone = "plain", colour, title, onRemove, removeLabel = "Remove" }: ChipProps) {
  return (
    <span class={`chip ${tone}`} title={title}>
      {colour && <Swatch colour={colour} />}
      <span class="chip-text">{children}</span>
      {onRemove && (
        <button type="button" class="chip-remove" aria-label={removeLabel} onClick={onRemove}>
          ×
        </button>
      )}
    </span>
  );
}

/** The dot of a group's colour. */
export function Swatch({ colour }: { colour: string }) {
  return <span class="swatch" aria-hidden="true" style={{ backgroundColor: colour }} />;
}
