/** What is asked before an edit. A dialog stays open, with what was typed, until its edit was made. */
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import type { Edit, Segment } from "../../api/types";
import { Button } from "../../parts/Button";
import { Swatch } from "../../parts/Chip";
import { Dialog } from "../../parts/Dialog";
import { ErrorNote } from "../../parts/ErrorNote";
import { Field } from "../../parts/Field";
import { count, plural } from "../../parts/format";
import { slotColour } from "../../style/palette";
import { useStore } from "./store";
import "./dialogs.css";

interface EditDialogProps {
  title: string;
  action: string;
  edit: Edit | null;
  onClose(): void;
  onDone?: (() => void) | undefined;
  children: ComponentChildren;
}

function EditDialog({ title, action, edit, onClose, onDone, children }: EditDialogProps) {
  const store = useStore();
  const [problem, setProblem] = useState<string | null>(null);
  const send = async () => {
    if (!edit) return;
    setProblem(null);
    const wrong = await store.attempt(edit);
    if (wrong) {
      setProblem(wrong);
      return;
    }
    onDone?.();
    onClose();
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={() => void send()}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="main" type="submit" disabled={!edit} busy={store.busy.value}>
            {action}
          </Button>
        </>
      }
    >
      {problem && <ErrorNote error={problem} />}
      {children}
    </Dialog>
  );
}

interface Closing {
  onClose(): void;
  /** Called when the edit was made. */
  onDone?: (() => void) | undefined;
}

export function RenameDialog({ segment, ...closing }: { segment: Segment } & Closing) {
  const [name, setName] = useState(segment.name);
  const id = useId();
  const [description, setDescription] = useState(segment.description);
  const edit: Edit | null = name.trim()
    ? { edit: "rename", segment: segment.id, name: name.trim(), ...(description !== segment.description ? { description: description.trim() } : {}) }
    : null;
  return (
    <EditDialog title="Rename the segment" action="Rename" edit={edit} {...closing}>
      <Field label="Name" value={name} required maxLength={200} onInput={(event) => setName(event.currentTarget.value)} />
      <div class="field">
        <label for={id}>Description</label>
        <textarea
          id={id}
          maxLength={2000}
          value={description}
          onInput={(event) => setDescription(event.currentTarget.value)}
        />
      </div>
    </EditDialog>
  );
}

export function MergeDialog({ segments, ...closing }: { segments: Segment[] } & Closing) {
  const largest = [...segments].sort((a, b) => b.size - a.size);
  const [name, setName] = useState(largest[0]?.name ?? "");
  const edit: Edit | null =
    segments.length > 1 ? { edit: "merge", segments: largest.map((each) => each.id), ...(name.trim() ? { name: name.trim() } : {}) } : null;
  return (
    <EditDialog title={`Merge ${segments.length} segments`} action="Merge" edit={edit} {...closing}>
      <ul class="plain-list">
        {largest.map((each) => (
          <li key={each.id}>
            <Swatch colour={slotColour(each.colour)} />
            <span>{each.name}</span>
            <span class="muted">{count(each.size)}</span>
          </li>
        ))}
      </ul>
      <Field
        label="Name of what they become"
        value={name}
        maxLength={200}
        hint={`${plural(segments.reduce((sum, each) => sum + each.size, 0), "row")} altogether.`}
        onInput={(event) => setName(event.currentTarget.value)}
      />
    </EditDialog>
  );
}

const MOST_PARTS = 100;

export function SplitDialog({ segment, ...closing }: { segment: Segment } & Closing) {
  const [into, setInto] = useState("2");
  const number = Number(into);
  const wrong = Number.isInteger(number) && number >= 2 && number <= MOST_PARTS ? null : `A whole number from 2 to ${MOST_PARTS}.`;
  return (
    <EditDialog
      title={`Split “${segment.name}”`}
      action="Split"
      edit={wrong ? null : { edit: "split", segment: segment.id, into: number }}
      {...closing}
    >
      <p class="muted">Its {plural(segment.size, "row")} are put into parts by what they say.</p>
      <Field
        label="Number of parts"
        type="number"
        min={2}
        max={MOST_PARTS}
        value={into}
        error={wrong}
        onInput={(event) => setInto(event.currentTarget.value)}
      />
    </EditDialog>
  );
}

export function ParentDialog({ segment, ...closing }: { segment: Segment } & Closing) {
  const store = useStore();
  const [name, setName] = useState(segment.parent);
  const known = [...new Set((store.segments.value?.segments ?? []).map((each) => each.parent).filter(Boolean))].sort();
  return (
    <EditDialog title={`Group of “${segment.name}”`} action="Save" edit={{ edit: "parent", segment: segment.id, name: name.trim() }} {...closing}>
      <Field
        label="Coarser group it belongs to"
        value={name}
        maxLength={200}
        list="known-groups"
        hint="Segments of the same group are shown together. Leave it empty for none."
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <datalist id="known-groups">
        {known.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </EditDialog>
  );
}

export function MoveDialog({ places, ...closing }: { places: number[] } & Closing) {
  const [to, setTo] = useState<string | null>(null);
  return (
    <EditDialog
      title={`Move ${plural(places.length, "row")}`}
      action="Move"
      edit={to === null ? null : { edit: "move", at: places, to }}
      {...closing}
    >
      <SegmentPicker legend="To which segment" chosen={to} onChoose={setTo} />
    </EditDialog>
  );
}

export function CreateDialog({ places, ...closing }: { places: number[] } & Closing) {
  const [name, setName] = useState("");
  return (
    <EditDialog
      title="New segment"
      action="Make the segment"
      edit={name.trim() ? { edit: "create", at: places, name: name.trim() } : null}
      {...closing}
    >
      <p class="muted">It starts with the {plural(places.length, "row")} you chose.</p>
      <Field label="Name" value={name} required maxLength={200} onInput={(event) => setName(event.currentTarget.value)} />
    </EditDialog>
  );
}

/** Choose a segment to merge with. */
export function MergeWithDialog({ segment, onClose, onDone }: { segment: Segment } & Closing) {
  const store = useStore();
  const [other, setOther] = useState<string | null>(null);
  const [name, setName] = useState(segment.name);
  const found = store.segments.value?.segments.find((each) => each.id === other);
  return (
    <EditDialog
      title={`Merge “${segment.name}” with another`}
      action="Merge"
      edit={found ? { edit: "merge", segments: [segment.id, found.id], ...(name.trim() ? { name: name.trim() } : {}) } : null}
      onClose={onClose}
      onDone={onDone}
    >
      <SegmentPicker legend="With which segment" chosen={other} without={segment.id} onChoose={setOther} />
      <Field label="Name of what they become" value={name} maxLength={200} onInput={(event) => setName(event.currentTarget.value)} />
    </EditDialog>
  );
}

interface PickerProps {
  legend: string;
  chosen: string | null;
  without?: string;
  onChoose(id: string): void;
}

function SegmentPicker({ legend, chosen, without, onChoose }: PickerProps) {
  const store = useStore();
  const [words, setWords] = useState("");
  const all = store.segments.value?.segments ?? [];
  const shown = all.filter((each) => each.id !== without && has(each, words)).sort((a, b) => b.size - a.size);
  return (
    <fieldset class="picker">
      <legend>{legend}</legend>
      {all.length > 8 && (
        <Field label="Filter segments" hideLabel type="search" placeholder="Filter segments" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
      )}
      <div class="picker-list">
        {shown.map((each) => (
          <label key={each.id}>
            <input type="radio" name="segment-picked" value={each.id} checked={each.id === chosen} onChange={() => onChoose(each.id)} />
            <Swatch colour={slotColour(each.colour)} />
            <span>{each.name}</span>
            <span class="muted">{count(each.size)}</span>
          </label>
        ))}
        {shown.length === 0 && <p class="muted">No segment has these words.</p>}
      </div>
    </fieldset>
  );
}

/** Whether a segment's name, group or terms have all words. */
export function has(segment: Segment, words: string): boolean {
  const text = [segment.name, segment.parent, ...segment.terms].join(" ").toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
