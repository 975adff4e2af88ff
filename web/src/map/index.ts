export { PointMap } from "./Map";
export type { Drawn, MapColours, MapLabel, MapMode, MapPoints, MapProps, MapValues, PainterKind } from "./types";
