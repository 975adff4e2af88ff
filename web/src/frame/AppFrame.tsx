import type { ComponentChildren } from "preact";
import { session, signOut } from "../api/client";
import { IconButton } from "../parts/Button";
import { Icon, type IconName } from "../parts/Icon";
import { toastError } from "../parts/Toast";
import { href, path } from "../router";
import { theme, type Theme } from "./theme";
import "./AppFrame.css";

const PLACES: { to: string; text: string; icon: IconName; inside: string[] }[] = [
  { to: "/", text: "Projects", icon: "projects", inside: ["/new", "/p/"] },
  { to: "/predict", text: "Predict", icon: "predict", inside: ["/predict"] },
  { to: "/models", text: "Models", icon: "models", inside: ["/models"] },
  { to: "/monitor", text: "Monitor", icon: "monitor", inside: ["/monitor"] },
  { to: "/log", text: "Log", icon: "log", inside: ["/log"] },
];

const NEXT: Record<Theme, { next: Theme; label: string; icon: IconName }> = {
  auto: { next: "light", label: "Theme: as the system. Switch to light", icon: "auto" },
  light: { next: "dark", label: "Theme: light. Switch to dark", icon: "sun" },
  dark: { next: "auto", label: "Theme: dark. Switch to the system's", icon: "moon" },
};

/** Navigation around a view: a rail on a wide screen, a bar at the foot of a phone. */
export function AppFrame({ children }: { children: ComponentChildren }) {
  const { next, label, icon } = NEXT[theme.value];
  const who = session.value;
  return (
    <div class="app">
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <nav class="rail" aria-label="Main">
        <a class="brand" href={href("/")}>
          <Brand />
          <span>Coterie</span>
        </a>
        <ul>
          {PLACES.map((place) => {
            const here = path.value === place.to || place.inside.some((start) => path.value.startsWith(start));
            return (
              <li key={place.to}>
                <a href={href(place.to)} aria-current={here ? "page" : undefined}>
                  <Icon name={place.icon} />
                  <span>{place.text}</span>
                </a>
              </li>
            );
          })}
        </ul>
        <div class="rail-foot">
          {who?.keys && who.signed_in && (
            <>
              <span class="who" title={who.scopes.join(", ")}>
                {who.name}
              </span>
              <IconButton label="Sign out" onClick={() => void signOut().catch(toastError)}>
                <Icon name="out" />
              </IconButton>
            </>
          )}
          <IconButton
            label={label}
            onClick={() => {
              theme.value = next;
            }}
          >
            <Icon name={icon} />
          </IconButton>
        </div>
      </nav>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

export function Brand({ size = 32 }: { size?: number }) {
  return (
    <svg class="brand-mark" viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <circle cx="11" cy="12" r="4" />
      <circle cx="21" cy="11" r="2.6" />
      <circle cx="20" cy="20" r="4.4" />
      <circle cx="11" cy="21.5" r="2" />
    </svg>
  );
}
