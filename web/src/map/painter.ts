import { paintOnCanvas } from "./canvas";
import type { Cloud } from "./cloud";
import type { View } from "./space";
import type { PainterKind } from "./types";
import { paintWithWebGL } from "./webgl";

/** Draws a cloud on a canvas of its own. */
export interface Painter {
  readonly kind: PainterKind;
  /** Whether a picture costs time of the processor, and not of a graphics card. */
  readonly software: boolean;
  readonly canvas: HTMLCanvasElement;
  resize(width: number, height: number, ratio: number): void;
  load(cloud: Cloud, ground: number): void;
  /** Starts a picture with this share of the points; `growth` times each layer's radius. */
  begin(view: View, growth: number, share: number): void;
  /** Goes on with the picture until a time (`performance.now()`); true when it is whole and shown. */
  work(until: number): boolean;
  dispose(): void;
}

let onProcessor = false; // WebGL was tried and has no graphics card

/**
 * The fastest painter here: WebGL on a graphics card; pixel by pixel on a canvas elsewhere, which
 * is faster than WebGL on a processor.
 */
export function choosePainter(forced?: PainterKind): Painter {
  if (forced === "canvas" || (onProcessor && !forced)) return paintOnCanvas();
  const webgl = paintWithWebGL();
  if (webgl && (forced || !webgl.software)) return webgl;
  onProcessor = true;
  webgl?.dispose();
  return paintOnCanvas();
}
