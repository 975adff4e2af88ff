import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import "./Tabs.css";

export interface Tab {
  key: string;
  title: string;
  content: ComponentChildren;
}

/** Panels one at a time; the arrow keys move between the tabs. */
export function Tabs({ label, tabs, shown, onShow }: { label: string; tabs: Tab[]; shown: string; onShow(key: string): void }) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const step = (by: number) => {
    const place = tabs.findIndex((tab) => tab.key === shown);
    const next = tabs[(place + by + tabs.length) % tabs.length];
    if (!next) return;
    onShow(next.key);
    list.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(next.key)}"]`)?.focus();
  };
  return (
    <div class="tabs">
      <div
        class="tab-list"
        role="tablist"
        aria-label={label}
        ref={list}
        onKeyDown={(event) => {
          if (event.key === "ArrowRight") step(1);
          if (event.key === "ArrowLeft") step(-1);
        }}
      >
        {tabs.map((tab) => (
          <button
            key={tab.key}
            type="button"
            role="tab"
            data-key={tab.key}
            id={`${id}-${tab.key}`}
            aria-selected={tab.key === shown}
            aria-controls={`${id}-panel`}
            tabIndex={tab.key === shown ? 0 : -1}
            onClick={() => onShow(tab.key)}
          >
            {tab.title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${shown}`}>
        {tabs.find((tab) => tab.key === shown)?.content}
      </div>
    </div>
  );
}
