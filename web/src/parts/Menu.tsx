import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { IconButton } from "./Button";
import { Icon, type IconName } from "./Icon";
import "./Menu.css";

export interface MenuItem {
  text: string;
  icon?: IconName;
  danger?: boolean;
  disabled?: boolean;
  run(): void;
}

/** A button that opens a list of actions. */
export function Menu({ label, items, children }: { label: string; items: MenuItem[]; children?: ComponentChildren }) {
  const [open, setOpen] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    if (!open) return;
    const entries = () => [...(frame.current?.querySelectorAll<HTMLButtonElement>("[role=menuitem]:not(:disabled)") ?? [])];
    entries()[0]?.focus();
    const outside = (event: Event) => {
      if (!frame.current?.contains(event.target as Node)) setOpen(false);
    };
    const key = (event: KeyboardEvent) => {
      const all = entries();
      const place = all.indexOf(document.activeElement as HTMLButtonElement);
      if (event.key === "Escape") {
        setOpen(false);
        frame.current?.querySelector("button")?.focus();
      } else if (event.key === "ArrowDown") all[(place + 1) % all.length]?.focus();
      else if (event.key === "ArrowUp") all[(place - 1 + all.length) % all.length]?.focus();
      else if (event.key === "Tab") setOpen(false);
      else return;
      if (event.key !== "Tab") event.preventDefault();
      event.stopPropagation();
    };
    document.addEventListener("pointerdown", outside);
    document.addEventListener("keydown", key, true);
    return () => {
      document.removeEventListener("pointerdown", outside);
      document.removeEventListener("keydown", key, true);
    };
  }, [open]);
  return (
    <div class="menu" ref={frame}>
      <IconButton label={label} aria-haspopup="menu" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        {children ?? <Icon name="more" />}
      </IconButton>
      {open && (
        <div class="menu-list" role="menu" id={id} aria-label={label}>
          {items.map((item) => (
            <button
              key={item.text}
              type="button"
              role="menuitem"
              class={item.danger ? "danger" : ""}
              disabled={Boolean(item.disabled)}
              onClick={() => {
                setOpen(false);
                item.run();
              }}
            >
              {item.icon && <Icon name={item.icon} size={18} />}
              {item.text}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
