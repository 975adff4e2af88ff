"""Options, each declared once: for Python, the command line, recipes and JSON schemas."""

from coterie.options.assignment import AssignOptions, EncodersSettings
from coterie.options.base import (
    CacheOptions,
    Names,
    Options,
    OptionsT,
    PythonOnly,
    Reads,
    SeedOptions,
    Token,
    Typed,
    typed_of,
)
from coterie.options.discovery import (
    DiscoverOptions,
    DiscoverSettings,
    EmbedSettings,
    EncoderOptions,
    EncoderSettings,
)
from coterie.options.evaluation import PRICE, EvaluateOptions, EvaluateSettings, PredictOptions
from coterie.options.exploration import (
    EmbedOptions,
    ExploreOptions,
    ExploreSettings,
    SimilarityOptions,
)
from coterie.options.reading import (
    MAX_TEXT_CHARS,
    ConceptOptions,
    DateOrder,
    DecimalSign,
    LabelOptions,
    LabelsOptions,
    ReadOptions,
    TableOptions,
)
from coterie.options.recipe import DataSettings, RunOptions
from coterie.options.training import (
    EnsembleSettings,
    LearnSettings,
    ModelOptions,
    ModelPlan,
    OutcomesSettings,
    TrainOptions,
    TrainSettings,
)
from coterie.options.tuning import TrainerOptions, TrainerSettings, TuneOptions, TuneSettings

__all__ = [
    "MAX_TEXT_CHARS",
    "PRICE",
    "AssignOptions",
    "CacheOptions",
    "ConceptOptions",
    "DataSettings",
    "DateOrder",
    "DecimalSign",
    "DiscoverOptions",
    "DiscoverSettings",
    "EmbedOptions",
    "EmbedSettings",
    "EncoderOptions",
    "EncoderSettings",
    "EncodersSettings",
    "EnsembleSettings",
    "EvaluateOptions",
    "EvaluateSettings",
    "ExploreOptions",
    "ExploreSettings",
    "LabelOptions",
    "LabelsOptions",
    "LearnSettings",
    "ModelOptions",
    "ModelPlan",
    "Names",
    "Options",
    "OptionsT",
    "OutcomesSettings",
    "PredictOptions",
    "PythonOnly",
    "ReadOptions",
    "Reads",
    "RunOptions",
    "SeedOptions",
    "SimilarityOptions",
    "TableOptions",
    "Token",
    "TrainOptions",
    "TrainSettings",
    "TrainerOptions",
    "TrainerSettings",
    "TuneOptions",
    "TuneSettings",
    "Typed",
    "typed_of",
]
