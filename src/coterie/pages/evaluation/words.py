"""The sentences of the page of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence

from coterie.formatting import between, format_number
from coterie.workflows.evaluation.models import RANGE_SHARE, Constant

SIDE_BY_SIDE = "All models, on the same rows. Click on a heading to sort."
CEILING = "Why no model can be perfect."
NO_ERRORS = "{} makes none on these rows."
MOST_ACCURATE = "The {} most accurate models are shown."
RULE = (
    "Significant: p is below 0.05 and the figures differ as they are shown. p is corrected for the "
    "number of pairs (Holm), the interval is of the one pair."
)

ANSWERS = (
    "Accuracy: share of all rows that are right. Small print: 95% intervals. Balanced accuracy: "
    "mean over the labels of the share that is right, so that small ones count as much as large "
    "ones. "
    "Calibration error: how far the confidence is from the accuracy; 0 is perfect. Assigned: "
    "answers that are neither ambiguous nor outside. Precision, recall, F1, AUC (area under the "
    "ROC curve) and AP (average precision, the area under the precision-recall curve) are {of}."
)
ACCURACY_PAIRS = (
    "p: of McNemar's exact test, the probability of so uneven a split of the rows that only one "
    "gets right, if they were equally good. "
) + RULE
ABSENT = "No training row had the label {}, so no model can predict it."
SUSPECT = "{} List them with coterie suspects, and correct or drop those that are wrong."
NONE_ASSIGNED = "all answers are ambiguous"
UNKNOWN_LABELS = (
    "{name} was not trained on {labels}, so it is wrong on {unknown:,} of the {rows:,} rows. Its "
    "areas under the curves are of the classes that it knows."
)

CONFIDENCE = "How far an answer can be trusted by its confidence."
COVERAGE = (
    "Coverage of 100% answers every row. Further left only the answers with the highest confidence "
    "are given, and a person answers the rest."
)
RELIABILITY = (
    "Of the rows with a confidence of 80%, 80% should be right. Below the diagonal a model is "
    "overconfident. Bins of fewer than {} rows are not drawn."
)
STATUSES = (
    "Assigned: use the answer. Ambiguous: below the model's threshold, or perhaps of none of the "
    "classes; the answer is its best guess. Outside: unlike the training texts."
)
RANKING = (
    "How well the models rank the rows of a class before the others: each class against the rest, "
    "and the mean over the classes."
)
RANKING_OF = "How well the models rank the rows of “{}” before the others."
ROC = "The nearer to the upper left corner, the better."
PRECISION_RECALL = "The nearer to the upper right corner, the better."
NO_CURVE = "No curve can be drawn: the rows hold no known label beside another one."
HARDEST = "The classes with the lowest average precision."
CONFUSION = (
    "Rows are the true labels, columns the answers. Each cell has the percentage of its row, and "
    "the number of rows."
)
CONFUSION_SHOWN = "Of {:,} classes, the {} most confused are shown."
PER_CLASS = (
    "Precision: of the rows with this answer, the share with this label. Recall: of the rows with "
    "this label, the share with this answer. F1: their harmonic mean."
)
MISTAKES = "{name} is wrong on {wrong:,} of {rows:,} rows.{shared}"
SHARED = " {models} are wrong on {rows:,} rows."
CONFIDENT = "A confident mistake is often a wrong label, or something that the data does not say."
EXPANDABLE = (
    " Of a long text the lines that speak most for the wrong answer are shown; click on them to "
    "read the whole."
)
CONCEPTS_SHOWN = (
    " Of the concepts those are shown without which the probability of the wrong answer falls "
    "most; click on them for all."
)
COLUMNS_THAT_MATTER = "Importance of the columns for {}"
IMPORTANCE = (
    "Decrease of the AUC when the values of a column are shuffled between rows (permutation "
    "importance). Columns with the same information can replace each other."
)
COMMON = "more common than in other rows of the label"
COMMON_NOTE = (
    "Values of {columns}: share of these rows, and of the other rows with the same label. Only "
    "significant differences are listed (Fisher's exact test, p below 0.05 after Holm's "
    "correction)."
)
COLUMNS_IMPORTANT, COLUMNS_GIVEN = "the most important columns", "the context columns"
COMMON_VALUE = "{column}: {value} ({share:.1%}, others {share_of_others:.1%})"
COLUMNS_FIRST = " The {} most important columns are shown."

LEARNING = (
    "A curve that still rises: more labelled rows will help. A flat one: better labels or another "
    "model may."
)
LEARNING_DRAWS = (
    "Means of {} draws. Each model is trained again on shares of the training rows that it keeps, "
    "and evaluated on the rows of this page."
)
TRAINING = "The epochs of training. Validation rows are not trained on."
CASCADE = "A cascade asks its cheapest member first. Rows below its threshold go to the next one."
STAGES = (
    "Threshold: the confidence from which a stage answers. Answers: the share of the rows that it "
    "answers, and their accuracy. Alone: the accuracy of the member on all rows, and what that "
    "would cost: mean processor time (CPU ms) for a row in a call of its own."
)
EMBEDDING = (
    "Each text is a point. The nearer the rows of one label are to each other, and the farther "
    "from the others, the easier they are to classify."
)
EMBEDDING_QUALITY = (
    "Mean cosines of two rows: of one label (mean over the labels), and of two different ones. "
    "Quality: mean cosine of all pairs within labels less that between them. AUC: how often a pair "
    "of one label is more alike than a pair of two labels."
)
DRAWN = "{:,} of {:,} rows, of different texts."

COSTS = {
    "ms": "ms: median time for one row in a call of its own, and the 99th percentile; texts are "
    "embedded again.",
    "rows/s": "rows/s: many rows in one call.",
    "memory MiB": "Memory: what that takes beyond the loaded model.",
    "disk MiB": "Disk: the model's own files, without an encoder that models share.",
    "CPU ms": "CPU ms: mean processor time for one row, over all cores.",
    "cents for 1,000": "Cents: of a US dollar, for 1,000 rows in calls of their own, at US$ "
    "{price:g} for an hour of one processor core (--price).",
}
"""What the columns of the table of costs mean."""

ERRORS = (
    "Small print: 95% intervals. Median error and MAE: median and mean absolute error. RMSE: root "
    "mean squared error, in which "
    "large errors weigh most. R2: share of the variance that is explained; 1 is perfect, 0 is as "
    "good as the mean of these rows; log R2: the same of the logarithms. Spearman: rank "
    "correlation; 1 is perfect. Bias: mean of the estimate less the truth. Within range: share of "
    "the true numbers inside the {share:.0%} range; range width: its median. {constants}: a model "
    "that is no better is of no use."
)
ERROR_PAIRS = (
    "By how much the MAE is smaller, and on how many rows either model is nearer. Interval and p: "
    "Student's t of the differences, row by row. "
) + RULE
TRANSFORMS = {
    "none": "the number",
    "log": "its logarithm",
    "log1p": "the logarithm of 1 + number",
    "power": "a power of it",
}
"""What a model of a number learns, by the transform."""
NOT_NUMBERS = "Rows left out because their value in “{}” is not a number: {:,}."
OUTSIDE = "{:.1%} of the rows are unlike the training of {}; its MAE on them is {}."
ESTIMATES = "One point for each row: on the line, the estimate is the truth; above it, too high."
LOGARITHMIC = "The axes are logarithmic."
NEAREST = "The {} best models are shown."
CUMULATIVE = "The further to the upper left, the better. The largest errors are not drawn."
SIZES = "Whether estimates are too low for large numbers and too high for small ones."
BY_TRUTH = (
    "Above the line estimates are too high, below it too low. Some bias is expected: an uncertain "
    "estimate lies nearer to the mean than the truth."
)
BY_ESTIMATE = "The same, ordered by the estimate: here a good model follows the line."
BIAS_ERROR = "±: the standard error of the bias; below 0 estimates are too low."
RANGES = (
    f"Each estimate comes with a range that should hold the truth of {RANGE_SHARE:.0%} of rows."
)
RANGES_BANDS = "Below the line the ranges are too narrow, above it wider than necessary."
BY_TENTHS = (
    "Within range: share of the true numbers in their ranges, with its 95% interval. Width: the "
    "median of the ranges. Below and above: share of the true numbers outside, on each side."
)
LARGEST = "A large error may be a wrong number, or something that the data does not say."
LARGEST_SHOWN = "The {} largest errors of {}."
COLUMNS_SHOWN = " {} of {} columns are shown."

LANGUAGE_MODELS = (
    "These models ask a language model for each text. A text without a usable answer is refused, "
    "and counts as wrong. Tokens and seconds are of one text, in all the orders of labels in which "
    "it is asked."
)
PLACES = "A model without order bias follows the right labels."
ORDER_BIAS = (
    "First shown: how often the label at the head of the list is answered, and beside it how often "
    "that is right. Order bias: how far the places of the answers in the list differ from those of "
    "the right labels; 0 is none, 1 the largest."
)

FILES = (
    "metrics.json has every figure of this page, predictions.csv what each model says of each row, "
    "and mistakes.csv {}."
)
FILES_OF_CLASSES = "the wrong answers, the highest confidence first"
FILES_OF_NUMBERS = "the estimates with the largest errors, with what is known of the rows"


def title(names: Sequence[str], label: str, verb: str) -> str:
    """Name a page after its models."""
    models = f"The model {names[0]}" if len(names) == 1 else f"{len(names):,} models"
    return f"{models}: how well {label} is {verb}"


def rows_evaluated(rows: int, what: str, left_out: int, lacking: str) -> str:
    """Say how many rows there are, and how many were left out."""
    told = f"{rows:,} {what}"
    return f"{told} ({left_out:,} without {lacking} left out)" if left_out else told


def interval_note(ends: Sequence[float | None] | None, spec: str) -> str:
    """Write the 95% interval of a figure; nothing for none."""
    return "" if ends is None else f"95% interval: {between(ends, spec)}"


def over_confidence(over: float) -> str:
    """Say whether a model is too sure."""
    word = (
        "overconfident" if over > 0.02 else "underconfident" if over < -0.02 else "well calibrated"
    )
    return f"{word}; 0 is perfect"


def listed_constants(constants: Sequence[Constant]) -> str:
    """Say which numbers a model has to beat."""
    return " and ".join(f"{format_number(each.number)} is {each.what}" for each in constants)
