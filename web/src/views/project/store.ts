/** One project as all its views see it: its segments, its points, and edits that never overwrite another's. */
import { computed, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { ApiError, may } from "../../api/client";
import type { Points } from "../../api/arrow";
import { editSegments, readPoints, readProject, readSegments } from "../../api/projects";
import type { Edit, Project, Segments } from "../../api/types";
import { words } from "../../parts/ErrorNote";
import { toast } from "../../parts/Toast";
import { count, plural } from "../../parts/format";

export class ProjectStore {
  readonly project = signal<Project | null>(null);
  readonly segments = signal<Segments | null>(null);
  readonly points = signal<Points | null>(null);
  /** What went wrong while one of them was loaded. */
  readonly error = signal<unknown>(null);
  /** Whether an edit is on its way. */
  readonly busy = signal(false);
  /** Grows with each edit, for lists of rows that are to be read again. */
  readonly edits = signal(0);

  /** Whether the segments may be edited at all, be they frozen or not. */
  readonly editable = computed(() => Boolean(this.project.value?.editable) && may("edit"));
  /** Whether they are as they are for now. */
  readonly fixed = computed(() => !this.editable.value || Boolean(this.segments.value?.frozen));

  private etag: string | null = null;
  private reading: Promise<void> | null = null;
  private stale = false;

  constructor(readonly id: string) {}

  async loadProject(): Promise<void> {
    await this.guard(async () => {
      this.project.value = await readProject(this.id);
    });
  }

  async loadSegments(): Promise<void> {
    await this.guard(async () => {
      const { data, etag } = await readSegments(this.id);
      // moved rows have other points; a name is taken from the segments
      if (this.etag !== null && etag !== this.etag) this.stale = true;
      this.etag = etag;
      this.segments.value = data;
    });
  }

  /** Read the points, unless they are here and still right. */
  async loadPoints(): Promise<void> {
    if (this.points.peek() && !this.stale) return;
    this.reading ??= this.guard(async () => {
      this.stale = false;
      const read = await readPoints(this.id);
      const before = this.points.peek();
      // the places do not change by an edit: the same arrays spare the map its work
      const same = before !== null && equal(before.x, read.x) && equal(before.y, read.y);
      this.points.value = same ? { ...read, x: before.x, y: before.y } : read;
    }).finally(() => {
      this.reading = null;
    });
    await this.reading;
  }

  /** Make an edit and say how it went; false when it was not made, so that what was typed can be kept. */
  async edit(edit: Edit): Promise<boolean> {
    const problem = await this.attempt(edit);
    if (problem) toast(problem, { tone: "bad", slot: "edit" });
    return problem === null;
  }

  /** Make an edit; gives the words of what went wrong, or null. */
  async attempt(edit: Edit): Promise<string | null> {
    if (this.busy.peek()) return "Another edit is on its way. Wait a moment.";
    this.busy.value = true;
    try {
      const { data, etag } = await editSegments(this.id, edit, this.etag);
      this.etag = etag;
      this.segments.value = data;
      this.edits.value += 1;
      if (!NAMES_ALONE.has(edit.edit)) await this.readAgain();
      this.tell(edit, data.moved ?? 0);
      return null;
    } catch (problem) {
      if (!(problem instanceof ApiError && problem.status === 412)) return words(problem);
      await this.catchUp();
      return `${problem.detail} Your view was brought up to date, and what you typed is kept.`;
    } finally {
      this.busy.value = false;
    }
  }

  /** See what others did meanwhile. */
  async catchUp(): Promise<void> {
    const before = this.etag;
    await this.loadSegments();
    if (before !== this.etag) {
      this.edits.value += 1;
      if (this.points.peek()) await this.loadPoints();
    }
  }

  private async readAgain(): Promise<void> {
    this.stale = true;
    if (this.points.peek()) await this.loadPoints();
  }

  private tell(edit: Edit, moved: number): void {
    const back = edit.edit === "undo" ? "redo" : "undo";
    const action = { text: back === "redo" ? "Redo" : "Undo", run: () => void this.edit({ edit: back }) };
    const now = this.segments.peek();
    // freezing and thawing take back each other
    const final = edit.edit === "freeze" || edit.edit === "thaw" || !(back === "redo" ? now?.can_redo : now?.can_undo);
    toast(told(edit, moved), { slot: "edit", ...(final ? {} : { action }) });
  }

  private async guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.error.value = null;
    } catch (problem) {
      this.error.value = problem;
    }
  }
}

const NAMES_ALONE = new Set<Edit["edit"]>(["rename", "parent", "freeze", "thaw"]);

function told(edit: Edit, moved: number): string {
  const rows = moved ? ` ${plural(moved, "row")} moved.` : "";
  switch (edit.edit) {
    case "undo":
      return "Undone.";
    case "redo":
      return "Done again.";
    case "freeze":
      return "The segments are frozen: they stay as they are until somebody thaws them.";
    case "thaw":
      return "The segments can be edited again.";
    case "rename":
      return `Renamed to “${edit.name}”.`;
    case "merge":
      return `Merged ${edit.segments.length} segments.${rows}`;
    case "split":
      return `The segment was split.${rows}`;
    case "move":
      return `${plural(edit.at.length, "row")} moved.`;
    case "create":
      return `“${edit.name}” was made.${rows}`;
    case "parent":
      return edit.name ? `Put in the group “${edit.name}”.` : "Taken out of its group.";
    case "level":
      return `Now about ${count(edit.groups)} segments.`;
  }
}

function equal(some: Float32Array, others: Float32Array): boolean {
  if (some.length !== others.length) return false;
  // bits, as NaN differs from itself
  const a = new Uint32Array(some.buffer, some.byteOffset, some.length);
  const b = new Uint32Array(others.buffer, others.byteOffset, others.length);
  for (let place = 0; place < a.length; place += 1) if (a[place] !== b[place]) return false;
  return true;
}

export const Store = createContext<ProjectStore | null>(null);

export function useStore(): ProjectStore {
  const store = useContext(Store);
  if (!store) throw new Error("a view of a project outside of its frame");
  return store;
}
