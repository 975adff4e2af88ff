export interface MapPoints {
  x: Float32Array;
  y: Float32Array;
}
export interface MapColours {
  codes: Int32Array | Uint16Array | Uint8Array;
  palette: string[];
}
export interface MapValues {
  values: Float32Array;
  low: number;
  high: number;
}
export interface MapLabel {
  id: string;
  text: string;
  x: number;
  y: number;
  weight: number;
  colour?: string;
}
export interface MapProps {
  points: MapPoints;
  colours: MapColours | MapValues;
  labels: MapLabel[];
  lit?: Uint32Array | null;
  chosen?: Uint32Array | null;
  shown?: Uint8Array | null;
  mode: "pan" | "lasso";
  onHover?(place: number, x: number, y: number): void;
  onPick?(place: number): void;
  onLasso?(places: Uint32Array): void;
  onLabel?(id: string): void;
  focus?: { places: Uint32Array; key: number } | null;
  ariaLabel: string;
}

export function PointMap({ ariaLabel }: MapProps) {
  return <div role="img" aria-label={ariaLabel} />;
}
