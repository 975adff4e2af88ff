export { Block, Blocks, ReportPage } from "./Block";
export { Facts, LongText, Pill, Reasons, Ring, isCut } from "./Cards";
export { Swatch } from "./Figure";
export { inSlot } from "./slots";
export type { Sheet } from "./sheet";
