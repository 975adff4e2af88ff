"""What requests and answers hold; the OpenAPI document is made of it."""

from coterie.serve.forms.base import Context, Form, Line, Problem, Said
from coterie.serve.forms.conversations import (
    Analysis,
    Conversation,
    PredictAnswer,
    Prediction,
    PredictRequest,
)
from coterie.serve.forms.models import (
    Activated,
    Activation,
    ModelCard,
    ModelsAnswer,
    ScoresAnswer,
    Traffic,
    Variant,
)
from coterie.serve.forms.rows import (
    AssignRequest,
    ClassifyAnswer,
    ClassifyRequest,
    ExplainRequest,
    RowAnswer,
    RowGiven,
)
from coterie.serve.forms.search import SearchRequest, SimilarRequest
from coterie.serve.forms.segments import SegmentEdit
from coterie.serve.forms.service import (
    DriftAnswer,
    FeedbackAnswer,
    FeedbackRequest,
    Health,
    JobAnswer,
    SessionAnswer,
    SignIn,
    Truth,
)

__all__ = [
    "Activated",
    "Activation",
    "Analysis",
    "AssignRequest",
    "ClassifyAnswer",
    "ClassifyRequest",
    "Context",
    "Conversation",
    "DriftAnswer",
    "ExplainRequest",
    "FeedbackAnswer",
    "FeedbackRequest",
    "Form",
    "Health",
    "JobAnswer",
    "Line",
    "ModelCard",
    "ModelsAnswer",
    "PredictAnswer",
    "PredictRequest",
    "Prediction",
    "Problem",
    "RowAnswer",
    "RowGiven",
    "Said",
    "ScoresAnswer",
    "SearchRequest",
    "SegmentEdit",
    "SessionAnswer",
    "SignIn",
    "SimilarRequest",
    "Traffic",
    "Truth",
    "Variant",
]
