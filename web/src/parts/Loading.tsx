import "./States.css";

/** Shown while something is on its way; nothing for the first moment, so that quick answers do not flash. */
export function Loading({ label = "Loading…" }: { label?: string }) {
  return (
    <div class="state loading" role="status">
      <span class="spinner" aria-hidden="true" />
      <span>{label}</span>
    </div>
  );
}
