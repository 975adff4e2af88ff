/** Addresses of the page by the history API, and views that are loaded when they are first shown. */
import { computed, signal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { BASE, match, type Params } from "./routes";
import { Boundary } from "./parts/Boundary";
import { ErrorNote } from "./parts/ErrorNote";
import { Loading } from "./parts/Loading";

const here = signal(read());

/** The path below `/studio`: `/p/abc/map`. */
export const path = computed(() => here.value.path);
/** The part after the question mark. */
export const query = computed(() => new URLSearchParams(here.value.search));

function read(): { path: string; search: string } {
  const { pathname, search } = window.location;
  const below = pathname.startsWith(BASE) ? pathname.slice(BASE.length) : pathname;
  return { path: below.replace(/\/+$/, "") || "/", search };
}

/** Go to a path below `/studio`. */
export function navigate(to: string, options: { replace?: boolean } = {}): void {
  const before = here.value.path;
  if (options.replace) window.history.replaceState(null, "", BASE + to);
  else window.history.pushState(null, "", BASE + to);
  here.value = read();
  if (here.value.path !== before) window.scrollTo(0, 0);
}

/** Set parts of the query, in place; null takes one out. */
export function setQuery(changes: Record<string, string | null>): void {
  const next = new URLSearchParams(query.peek());
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === "") next.delete(name);
    else next.set(name, value);
  }
  const search = next.toString();
  navigate(path.peek() + (search ? `?${search}` : ""), { replace: true });
}

/** The address of a path, for `href`. */
export function href(to: string): string {
  return BASE + to;
}

/** Follow the browser's history and clicks on links to other parts of the page. */
export function startRouter(): void {
  window.addEventListener("popstate", () => {
    here.value = read();
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || link.target || link.hasAttribute("download")) return;
    const to = new URL(link.href, window.location.href);
    if (to.origin !== window.location.origin || !to.pathname.startsWith(`${BASE}/`)) return;
    if (to.pathname.includes(".")) return;
    event.preventDefault();
    navigate(to.pathname.slice(BASE.length) + to.search);
  });
}

/** A view gets the parts of its address. */
export type View = ComponentType<{ params: Params }>;
type Loader = () => Promise<{ default: View }>;

const loaded = new Map<Loader, View>();

/** Show the view of the first pattern that fits. */
export function Routes({ routes, fallback }: { routes: [string, Loader][]; fallback: ComponentType }) {
  for (const [pattern, load] of routes) {
    const params = match(pattern, path.value);
    // the key starts a view afresh for another project
    if (params) return <Lazy key={`${pattern}|${params.id ?? params.name ?? ""}`} load={load} params={params} />;
  }
  const Fallback = fallback;
  return <Fallback />;
}

function Lazy({ load, params }: { load: Loader; params: Params }) {
  const [view, setView] = useState<View | null>(() => loaded.get(load) ?? null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (view) return;
    load().then(
      (module) => {
        loaded.set(load, module.default);
        setView(() => module.default);
      },
      setError,
    );
  }, []);
  if (error) {
    return <ErrorNote error="This view could not be loaded. Reload the page." retry={() => window.location.reload()} />;
  }
  if (!view) return <Loading />;
  const Shown = view;
  return (
    <Boundary>
      <Shown params={params} />
    </Boundary>
  );
}
