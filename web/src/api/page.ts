/** What `Page.to_dict()` of `coterie.report` gives: sections of blocks. */

/** Name of a partition or column, to name of a group or value, to colour slot. */
export type Colours = Record<string, Record<string, number>>;

export interface PageData {
  form: number;
  title: string;
  subtitle: string;
  footer: string;
  lang: string;
  sections: SectionData[];
  colours: Colours;
}

export interface SectionData {
  title: string;
  intro: string;
  blocks: BlockData[];
}

export interface TilesData {
  kind: "tiles";
  tiles: { label: string; value: number | string | null; note: string; text: string }[];
}

export interface ProseData {
  kind: "prose";
  paragraphs: string[];
}

export interface NoteData {
  kind: "note";
  text: string;
  title: string;
  tone: "info" | "warning" | "good";
}

export interface LinksData {
  kind: "links";
  links: { text: string; path: string }[];
}

export interface GridData {
  kind: "grid";
  blocks: BlockData[];
  columns: 2 | 3 | 4;
}

export interface TableColumn {
  name: string;
  numeric: boolean;
  texts: string[];
  values?: (number | null)[];
  notes?: string[];
  wholes?: string[];
}

export interface TableData {
  kind: "table";
  title: string;
  note: string;
  limit: number;
  columns: TableColumn[];
}

export interface LinesData {
  kind: "lines";
  lines: { name: string; x: number[]; y: number[] }[];
  x_label: string;
  y_label: string;
  marks: { x: number; label: string; kind: "chosen" | "runner-up" }[];
  title: string;
  note: string;
  log_x: boolean;
  dots: boolean;
}

export interface HistogramData {
  kind: "histogram";
  x_label: string;
  y_label: string;
  title: string;
  note: string;
  edges: number[];
  series: { name: string; heights: number[] }[];
}

export interface BarsData {
  kind: "bars";
  title: string;
  note: string;
  partition: string;
  limit: number;
  signed: boolean;
  bars: { label: string; value: number | null; text: string }[];
}

export interface ScatterData {
  kind: "scatter";
  x: number[];
  y: number[];
  names: string[];
  x_label: string;
  y_label: string;
  title: string;
  note: string;
  log: boolean;
  span: [number, number];
  slot: number;
}

export interface WordCloudData {
  kind: "word_cloud";
  title: string;
  note: string;
  words: { word: string; weight: number }[];
}

export interface HeatMapData {
  kind: "heat_map";
  values: number[][];
  shares: number[][];
  rows: string[];
  columns: string[];
  row_label: string;
  column_label: string;
  title: string;
  note: string;
  share: "rows" | "columns" | null;
  counted: boolean;
}

export interface CardData {
  title: string;
  text: string;
  share: number | null;
  percent: string;
  score: string;
  categories: { column: string; value: string }[];
  facts: Record<string, string>;
  reasons: string[];
  found_by: string;
}

export interface CardsData {
  kind: "cards";
  cards: CardData[];
  title: string;
  note: string;
  limit: number;
  empty: string;
}

export interface ChipsData {
  kind: "chips";
  chips: { text: string; expression: string; origin: string }[];
  rest: string;
  title: string;
  note: string;
}

export interface GroupData {
  name: string;
  size: number;
  description: string;
  terms: string[];
  exemplars: string[];
  confidence: number | null;
  cohesion: number | null;
  statuses: Record<string, number>;
  parent: string;
  facts: Record<string, string>;
  depth: number;
  share: number;
  children: number;
}

export interface GroupsData {
  kind: "groups";
  groups: GroupData[];
  partition: string;
  title: string;
  note: string;
  limit: number;
}

export interface PartitionData {
  name: string;
  none: string;
  outside: number;
  codes: number[];
  names: string[];
  sizes: number[];
  centres: [number, number][];
  named: boolean[];
}

export interface MapData {
  kind: "map";
  title: string;
  note: string;
  projection: string;
  n: number;
  x: number[];
  y: number[];
  texts: string[];
  partitions: PartitionData[];
}

export type BlockData =
  | TilesData
  | ProseData
  | NoteData
  | LinksData
  | GridData
  | TableData
  | LinesData
  | HistogramData
  | BarsData
  | ScatterData
  | WordCloudData
  | HeatMapData
  | CardsData
  | ChipsData
  | GroupsData
  | MapData;
