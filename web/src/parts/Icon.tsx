/** Line icons on a grid of 20, drawn with the text's colour. */
const SHAPES = {
  projects: "M3 4.5h5v5H3zM12 4.5h5v5h-5zM3 12h5v4.5H3zM12 12h5v4.5h-5z",
  map: "M6 7.2a1.6 1.6 0 1 1-.01 0M13.5 4.2a1.2 1.2 0 1 1-.01 0M14 11.5a2.2 2.2 0 1 1-.01 0M6.5 13.2a1.2 1.2 0 1 1-.01 0",
  segments: "M3.5 5h13M3.5 10h9M3.5 15h11",
  search: "M9 3.5a5.5 5.5 0 1 0 .01 0M13 13l4 4",
  predict: "M10 2.8l1.7 4.5 4.5 1.7-4.5 1.7L10 15.2l-1.7-4.5L3.8 9l4.5-1.7zM16 14v3M14.5 15.5h3",
  models: "M10 2.5l6.5 3.7v7.5L10 17.5l-6.5-3.8V6.2zM3.5 6.2L10 10l6.5-3.8M10 10v7.5",
  monitor: "M2.5 10.5h3.2l2-5.5 3.6 10 2.2-6 1.2 1.5h2.8",
  log: "M5 2.8h10v14.4H5zM7.5 6.5h5M7.5 9.7h5M7.5 12.9h3",
  history: "M3.2 10a6.8 6.8 0 1 0 2.2-5L3.2 7M3.2 3v4h4M10 6.4V10l2.6 1.6",
  plus: "M10 4v12M4 10h12",
  close: "M5 5l10 10M15 5L5 15",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  back: "M12 4.5L6.5 10l5.5 5.5",
  forward: "M8 4.5l5.5 5.5L8 15.5",
  down: "M4.5 8l5.5 5.5L15.5 8",
  up: "M4.5 12.5L10 7l5.5 5.5",
  sun: "M10 6.8a3.2 3.2 0 1 0 .01 0M10 1.8v2M10 16.2v2M1.8 10h2M16.2 10h2M4.2 4.2l1.4 1.4M14.4 14.4l1.4 1.4M15.8 4.2l-1.4 1.4M5.6 14.4l-1.4 1.4",
  moon: "M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z",
  auto: "M10 3a7 7 0 1 0 .01 0M10 3v14",
  undo: "M4 8h8.2a4 4 0 0 1 0 8H8M4 8l3.6-3.6M4 8l3.6 3.6",
  redo: "M16 8H7.8a4 4 0 0 0 0 8H12M16 8l-3.6-3.6M16 8l-3.6 3.6",
  edit: "M3.5 16.5l.8-3.4L13 4.4a1.5 1.5 0 0 1 2.1 0l.5.5a1.5 1.5 0 0 1 0 2.1l-8.7 8.7z",
  trash: "M4 6h12M8 6V4h4v2M5.5 6l.7 10.5h7.6L14.5 6M8.5 9v4.5M11.5 9v4.5",
  merge: "M5 4c0 5 5 4 5 8.5V17M15 4c0 5-5 4-5 8.5M7.5 14.5L10 17l2.5-2.5",
  split: "M10 3.5V8c0 4-5 3-5 8M10 8c0 4 5 3 5 8M3 14l2 2.5L7.5 14M12.5 14l2.5 2.5 2-2.5",
  freeze: "M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  thaw: "M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 5.8-1",
  lasso: "M10 3.5c4 0 7 2 7 4.7s-3 4.8-7 4.8-7-2-7-4.8 3-4.7 7-4.7M6 12.6c-.6 1.5.4 2.4 1.6 2 1-.3 1 1.6-.6 2.4",
  hand: "M4 10l6-6 6 6-6 6z",
  play: "M6.5 4l9 6-9 6z",
  pause: "M7 4.5v11M13 4.5v11",
  file: "M5 2.8h6.5L15 6.3v10.9H5zM11.5 2.8v3.5H15",
  upload: "M10 13V3.5M6.2 7.2L10 3.5l3.8 3.7M3.5 13v3.5h13V13",
  download: "M10 3.5V13M6.2 9.3L10 13l3.8-3.7M3.5 13v3.5h13V13",
  check: "M4 10.5l4 4 8-9",
  warning: "M10 3l7.5 13.5h-15zM10 8v4M10 14.3h.01",
  info: "M10 3a7 7 0 1 0 .01 0M10 9v5M10 6.3h.01",
  name: "M4 15.5L8.5 4h1L14 15.5M5.6 11.5h6.8M16.5 4v3M15 5.5h3",
  train: "M3 14l4.5-5 3.5 3 6-7M13 5h4v4",
  move: "M3.5 10h12M11.5 5.5L16 10l-4.5 4.5",
  out: "M12 6V3.5H3.5v13H12V14M8 10h9M13.8 6.8L17 10l-3.2 3.2",
  tree: "M10 3.5v4M10 7.5H5v4M10 7.5h5v4M3 11.5h4v4H3zM13 11.5h4v4h-4z",
} as const;

export type IconName = keyof typeof SHAPES;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={SHAPES[name]} {...(name === "more" ? { "stroke-width": 2.6 } : {})} />
    </svg>
  );
}
