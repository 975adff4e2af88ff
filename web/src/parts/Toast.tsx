/** Short messages at the foot of the page. */
import { signal } from "@preact/signals";
import { Button, IconButton } from "./Button";
import { Icon } from "./Icon";
import { words } from "./ErrorNote";
import "./Toast.css";

interface Toast {
  id: number;
  text: string;
  tone: "plain" | "good" | "bad";
  slot: string;
  action?: { text: string; run(): void };
}

const toasts = signal<Toast[]>([]);
let last = 0;

export interface ToastOptions {
  tone?: Toast["tone"];
  action?: Toast["action"];
  /** Stays until it is closed, as one that says what failed does. */
  stay?: boolean;
  /** A message takes the place of one with the same slot. */
  slot?: string;
}

/** Show a message for a while. */
export function toast(text: string, options: ToastOptions = {}): void {
  const id = (last += 1);
  const slot = options.slot ?? "";
  const made: Toast = { id, text, slot, tone: options.tone ?? "plain", ...(options.action ? { action: options.action } : {}) };
  toasts.value = [...toasts.value.filter((each) => !slot || each.slot !== slot).slice(-2), made];
  if (!options.stay && options.tone !== "bad") setTimeout(() => close(id), 6000);
}

/** Say what went wrong. */
export function toastError(error: unknown): void {
  toast(words(error), { tone: "bad" });
}

function close(id: number): void {
  toasts.value = toasts.value.filter((each) => each.id !== id);
}

/** Where the messages appear; once a page. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map(({ id, text, tone, action }) => (
        <div key={id} class={`toast ${tone}`}>
          <span>{text}</span>
          {action && (
            <Button
              small
              kind="quiet"
              onClick={() => {
                close(id);
                action.run();
              }}
            >
              {action.text}
            </Button>
          )}
          <IconButton label="Close" onClick={() => close(id)}>
            <Icon name="close" size={16} />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
