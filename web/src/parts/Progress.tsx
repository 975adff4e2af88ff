import "./Progress.css";

/** How far a piece of work is; a moving bar where the end is not known. */
export function Progress({ value, label }: { value: number | null; label: string }) {
  const known = value !== null && Number.isFinite(value);
  const percent = known ? Math.round(Math.max(0, Math.min(1, value)) * 100) : undefined;
  return (
    <div
      class={known ? "progress" : "progress unknown"}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <span style={known ? { width: `${percent}%` } : {}} />
    </div>
  );
}
