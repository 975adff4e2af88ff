/** How an address is matched with a pattern. */

/** Where the page lives. */
export const BASE = import.meta.env.BASE_URL.replace(/\/$/, "");

export type Params = Record<string, string>;

/** Give the parts of a path that a pattern such as `/p/:id/map` names, or null where it does not fit. */
export function match(pattern: string, path: string): Params | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const params: Params = {};
  for (const [place, part] of wanted.entries()) {
    const value = given[place] ?? "";
    if (part.startsWith(":")) {
      if (!value) return null;
      params[part.slice(1)] = decode(value);
    } else if (part !== value) return null;
  }
  return params;
}

function decode(value: string): string {
  const dotted = value.replace(/~([~d])/g, (_, sign) => (sign === "d" ? "." : "~"));
  try {
    return decodeURIComponent(dotted);
  } catch {
    return dotted; // a lone % typed by hand
  }
}

/** Write a path from its parts: `to("p", id, "map")`. An address with a dot would be that of a file: it is written ~d. */
export function to(...parts: string[]): string {
  return `/${parts.map((part) => encodeURIComponent(part).replaceAll("~", "~~").replaceAll(".", "~d")).join("/")}`;
}
