/** What can be done to one segment, as buttons and the dialogs that they open. */
import { useState } from "preact/hooks";
import type { Segment } from "../../api/types";
import { Button } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { MergeWithDialog, ParentDialog, RenameDialog, SplitDialog } from "./dialogs";

type Action = "rename" | "merge" | "split" | "parent";

interface SegmentActionsProps {
  segment: Segment;
  /** The segment was split, so that it is not there any more. */
  onGone(): void;
}

const ACTIONS: { action: Action; text: string; icon: "edit" | "merge" | "split" | "tree" }[] = [
  { action: "rename", text: "Rename", icon: "edit" },
  { action: "merge", text: "Merge", icon: "merge" },
  { action: "split", text: "Split", icon: "split" },
  { action: "parent", text: "Group", icon: "tree" },
];

export function SegmentActions({ segment, onGone }: SegmentActionsProps) {
  const [open, setOpen] = useState<Action | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      {ACTIONS.map(({ action, text, icon }) => (
        <Button key={action} small icon={<Icon name={icon} size={18} />} onClick={() => setOpen(action)}>
          {text}
        </Button>
      ))}
      {open === "rename" && <RenameDialog segment={segment} onClose={close} />}
      {open === "merge" && <MergeWithDialog segment={segment} onClose={close} />}
      {open === "split" && <SplitDialog segment={segment} onClose={close} onDone={onGone} />}
      {open === "parent" && <ParentDialog segment={segment} onClose={close} />}
    </>
  );
}
