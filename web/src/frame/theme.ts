/** Light, dark, or as the system has it; kept by the browser. */
import { computed, effect, signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";
const KEY = "coterie-theme";

export const theme = signal<Theme>(remembered());

function remembered(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "auto";
  } catch {
    return "auto"; // the browser keeps nothing for this page
  }
}

export function startTheme(): void {
  effect(() => {
    const chosen = theme.value;
    if (chosen === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // shown all the same
    }
  });
}

const system = signal(window.matchMedia("(prefers-color-scheme: dark)").matches);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
  system.value = event.matches;
});

/** Whether the page is dark now. */
export const dark = computed(() => (theme.value === "auto" ? system.value : theme.value === "dark"));
