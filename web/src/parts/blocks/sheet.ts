import type { Colours } from "../../api/page";

/** What the blocks of one page share. */
export interface Sheet {
  colours: Colours;
  /** Where relative links lead, such as `/v1/projects/ID/files/`; without it they are words only. */
  files?: string | undefined;
  /** Where a still picture of a map leads, to explore it. */
  map?: string | undefined;
  /** Called with the name of a group to show on a map; without it there is no such button. */
  onShowGroup?: ((name: string) => void) | undefined;
}
