import { signal } from "@preact/signals";

/** A file that was dropped on another view, on its way to the page of a new project. */
export const pendingFile = signal<File | null>(null);

export const READS = "CSV, TSV, Excel, JSON, JSON Lines and Parquet are read as they come.";

/** For the chooser of files. */
export const ENDINGS = ".csv,.tsv,.txt,.xlsx,.xls,.json,.jsonl,.ndjson,.parquet,.gz,.zip";
