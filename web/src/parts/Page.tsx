import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

/** A view with its heading; sets the browser's title too. */
export function Page(props: { title: string; intro?: ComponentChildren; tools?: ComponentChildren; children: ComponentChildren }) {
  useTitle(props.title);
  return (
    <div class="page">
      <header class="page-head">
        <div>
          <h1>{props.title}</h1>
          {props.intro && <p>{props.intro}</p>}
        </div>
        {props.tools && <div class="page-tools">{props.tools}</div>}
      </header>
      {props.children}
    </div>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Coterie` : "Coterie";
  }, [title]);
}
