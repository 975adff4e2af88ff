import { useId, useLayoutEffect, useRef } from "preact/hooks";
import "./map.css";
import { Scene } from "./scene";
import type { MapProps } from "./types";

const PANNING =
  "Arrow keys move the map, plus and minus zoom, zero shows all. Enter opens the row in the middle. Tab goes on to the names: Enter chooses one.";
const LASSOING =
  "Draw around rows to choose them. With the keyboard: move and zoom until they fill the map, then press Enter to choose all rows in view. Escape stops choosing.";

/** A map of points to zoom, pan, search and choose in; up to about a million of them. */
export function PointMap(props: MapProps) {
  const frame = useRef<HTMLDivElement>(null);
  const ground = useRef<HTMLDivElement>(null);
  const ring = useRef<SVGCircleElement>(null);
  const lasso = useRef<SVGPathElement>(null);
  const labels = useRef<HTMLDivElement>(null);
  const status = useRef<HTMLParagraphElement>(null);
  const scene = useRef<Scene | null>(null);
  const help = useId();

  useLayoutEffect(() => {
    const parts = {
      frame: frame.current!,
      ground: ground.current!,
      ring: ring.current!,
      lasso: lasso.current!,
      labels: labels.current!,
      status: status.current!,
    };
    scene.current = new Scene(parts, props);
    return () => scene.current?.dispose();
  }, []);
  useLayoutEffect(() => scene.current?.update(props));

  return (
    <div class={`map ${props.mode}`} ref={frame}>
      <div
        class="map-ground"
        ref={ground}
        role="application"
        tabIndex={0}
        aria-label={props.ariaLabel}
        aria-describedby={help}
      />
      <svg class="map-over" aria-hidden="true">
        <path class="map-lasso" ref={lasso} />
        <circle class="map-ring" ref={ring} />
        <path class="map-cross" d="M-12 0H-4M4 0H12M0 -12V-4M0 4V12" />
      </svg>
      <div class="map-labels" ref={labels} role="group" aria-label="Names on the map" />
      <div class="map-buttons" role="group" aria-label="Zoom">
        <button type="button" aria-label="Zoom in" title="Zoom in" onClick={() => scene.current?.go("in")}>
          <Icon d="M5 12H19M12 5V19" />
        </button>
        <button type="button" aria-label="Zoom out" title="Zoom out" onClick={() => scene.current?.go("out")}>
          <Icon d="M5 12H19" />
        </button>
        <button type="button" aria-label="Show all" title="Show all" onClick={() => scene.current?.go("home")}>
          <Icon d="M4 9V4H9M15 4H20V9M20 15V20H15M9 20H4V15" />
        </button>
      </div>
      <p class="map-hidden" id={help}>
        {props.mode === "lasso" ? LASSOING : PANNING}
      </p>
      <p class="map-hidden" ref={status} role="status" />
    </div>
  );
}

function Icon({ d }: { d: string }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d={d} />
    </svg>
  );
}
