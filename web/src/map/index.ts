export { PointMap } from "./Map";
export type * from "./Map";
