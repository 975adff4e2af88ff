/** The colour of a group or value, for what is drawn within. */
import { slotColour } from "../../style/palette";

/** Give the style that sets `--c` to the colour of a slot; none leaves the grey of the page. */
export function inSlot(slot: number | null | undefined): Record<string, string> {
  return slot === null || slot === undefined ? {} : { "--c": slotColour(slot) };
}
