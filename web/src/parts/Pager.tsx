import { IconButton } from "./Button";
import { Icon } from "./Icon";
import { count } from "./format";
import "./Pager.css";

/** Steps through pages of a list; nothing where all is on one. */
export function Pager({ total, offset, limit, onMove }: { total: number; offset: number; limit: number; onMove(offset: number): void }) {
  if (total <= limit && offset === 0) return null;
  const last = Math.max(0, Math.floor((total - 1) / limit) * limit);
  return (
    <nav class="pager" aria-label="Pages">
      <IconButton label="Previous page" disabled={offset <= 0} onClick={() => onMove(Math.max(0, offset - limit))}>
        <Icon name="back" />
      </IconButton>
      <span aria-live="polite">
        {count(Math.min(offset + 1, total))}–{count(Math.min(offset + limit, total))} of {count(total)}
      </span>
      <IconButton label="Next page" disabled={offset >= last} onClick={() => onMove(Math.min(last, offset + limit))}>
        <Icon name="forward" />
      </IconButton>
    </nav>
  );
}
