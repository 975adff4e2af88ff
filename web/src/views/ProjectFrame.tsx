import type { ComponentChildren } from "preact";

/** The heading and the tabs of a project around its views. */
export function ProjectFrame({ children }: { id: string; children: ComponentChildren }) {
  return <>{children}</>;
}
