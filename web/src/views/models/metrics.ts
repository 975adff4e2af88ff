/** The figures of a model, named and written as people read them. */
import { figure, percent } from "../../parts/format";

interface Metric {
  name: string;
  /** What it is, in a few words. */
  says: string;
  share: boolean;
  /** Whether more of it is better; null where it is neither. */
  more: boolean | null;
}

const METRICS: Record<string, Metric> = {
  accuracy: { name: "Accuracy", says: "right answers", share: true, more: true },
  balanced_accuracy: { name: "Balanced accuracy", says: "mean over the classes of the share that is found", share: true, more: true },
  macro_precision: { name: "Precision", says: "mean over the classes", share: true, more: true },
  macro_recall: { name: "Recall", says: "mean over the classes", share: true, more: true },
  macro_f1: { name: "F1", says: "mean over the classes", share: true, more: true },
  auc: { name: "AUC", says: "area under the ROC curve", share: false, more: true },
  average_precision: { name: "Average precision", says: "area under the precision-recall curve", share: false, more: true },
  ece: { name: "Calibration error", says: "mean gap between confidence and accuracy", share: true, more: false },
  over_confidence: { name: "Over-confidence", says: "mean confidence less accuracy", share: true, more: null },
  log_loss: { name: "Log loss", says: "", share: false, more: false },
  assigned: { name: "Sure", says: "share of rows that are sure enough to act on", share: true, more: null },
  accuracy_assigned: { name: "Accuracy where sure", says: "right answers among the sure ones", share: true, more: true },
  outside: { name: "Outside", says: "share of rows unlike the training texts", share: true, more: null },
  threshold: { name: "Threshold", says: "confidence from which an answer is sure", share: true, more: null },
  mae: { name: "Mean error", says: "mean absolute error", share: false, more: false },
  median_error: { name: "Median error", says: "half of the errors are smaller", share: false, more: false },
  rmse: { name: "RMSE", says: "root of the mean squared error", share: false, more: false },
  r2: { name: "R²", says: "share of the variance explained", share: false, more: true },
  r2_log: { name: "R² of the logarithm", says: "share of its variance explained", share: false, more: true },
  rank: { name: "Rank correlation", says: "Spearman: 1 is the right order, 0 is guessing", share: false, more: true },
  rows: { name: "Rows judged on", says: "", share: false, more: null },
  judged_on: { name: "Rows judged on", says: "", share: false, more: null },
  trained_on: { name: "Rows trained on", says: "", share: false, more: null },
  unlabelled: { name: "Rows without a label", says: "", share: false, more: null },
  classes: { name: "Classes", says: "", share: false, more: null },
  suspect_labels: { name: "Labels in doubt", says: "rows whose label other rows contradict", share: false, more: null },
};

/** What a figure is called and how it reads; those that are not known keep their own name. */
export function metricOf(key: string): Metric {
  return METRICS[key] ?? { name: key.replaceAll("_", " "), says: "", share: false, more: null };
}

export function metricText(key: string, value: number | null | undefined): string {
  return metricOf(key).share ? percent(value, 1) : figure(value);
}

/** Which of two values is better: -1 the first, 1 the second, 0 neither. */
export function better(key: string, first: number | undefined, second: number | undefined): -1 | 0 | 1 {
  const { more } = metricOf(key);
  if (more === null || first === undefined || second === undefined) return 0;
  if (metricText(key, first) === metricText(key, second)) return 0; // they read alike
  return second > first === more ? 1 : -1;
}

/** The keys of several sets of figures, those that are known first, in their order. */
export function metricKeys(...sets: Record<string, number>[]): string[] {
  const there = new Set(sets.flatMap((set) => Object.keys(set)));
  // both count the same rows
  if (there.has("judged_on")) there.delete("rows");
  const known = Object.keys(METRICS).filter((key) => there.delete(key));
  return [...known, ...there];
}
