"""What is said beside a prediction: its reasons, recommendations by rules, and what is similar."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from coterie.encoders import MemoryCache
from coterie.errors import UserError
from coterie.options import AnalysisSettings
from coterie.search.schema import Column
from coterie.serve.answers.finding import Finding
from coterie.serve.answers.served import Served
from coterie.workflows.analysis.analyse import PARTS, analyse_in_parts
from coterie.workflows.analysis.firing import BoundRules, bind_rules
from coterie.workflows.analysis.known_columns import columns_known, model_schema
from coterie.workflows.analysis.model import AnalysedModel
from coterie.workflows.analysis.rules import Rules, load_rules
from coterie.workflows.analysis.turns import Transcript
from coterie.workflows.prediction.decisions import SET_ASIDE, Decision
from coterie.workflows.prediction.explain import as_learnt

__all__ = ["Advising", "unadvised"]

_LOG = logging.getLogger("coterie.serve")


@dataclass(slots=True, eq=False)
class Advising:
    """Analyses predictions, with the rules of a file that people edit while the service runs.

    Attributes
    ----------
    rules
        The file of the rules; None without recommendations.
    finding
        The index of conversations.
    settings
        How much is said.
    positive
        The class that is hoped for.
    columns
        What is known of the columns of the context.
    vectors
        Where vectors are kept.
    fault
        Why the newest rules are not used; empty where they are.
    """

    rules: Path | None
    finding: Finding
    settings: AnalysisSettings
    positive: str | None
    columns: Sequence[Column]
    vectors: MemoryCache
    fault: str = ""
    _read: Rules | None = None
    _stamp: tuple[int, int] = (0, 0)
    _bound: WeakKeyDictionary[Served, BoundRules] = field(default_factory=WeakKeyDictionary)
    _lock: Lock = field(default_factory=Lock)

    def needed(self, said: Decision, *, include_analysis: bool, include_similar: bool) -> bool:
        """Whether anything is said beside the prediction."""
        return said.status != SET_ASIDE and bool(include_analysis or include_similar or self.rules)

    def advise(
        self,
        served: Served,
        text: Transcript,
        context: Mapping[str, Any],
        said: Decision,
        *,
        include_analysis: bool,
        include_similar: bool,
    ) -> Iterator[tuple[str, Any]]:
        """Say what carries a prediction, what to do, and what is similar.

        Yields
        ------
        tuple of str and Any
            Each of `PARTS` with its content, as soon as it is known; see `analyse_in_parts`.
        """
        wanted = {"include_analysis": include_analysis, "include_similar": include_similar}
        if not self.needed(said, **wanted):
            yield from unadvised(said).items()
            return
        index = self.finding.current() if include_similar and self.finding.there else None
        decided, row = said.source or (None, 0)
        classes = [str(each) for each in getattr(served.model.classifier, "classes_", ())]
        found = analyse_in_parts(
            served.model,
            text,
            as_learnt(served.model.classifier, served.model.schema, context),
            decided=decided,
            row=row,
            rules=self._rules_for(served),
            index=None if index is None else index.reader,
            encoder=None if index is None else index.encoder,
            settings=self.settings,
            positive=self.positive if self.positive in classes else None,
            columns=self.columns,
            **wanted,
            cache=self.vectors,
            started=time.perf_counter(),
        )
        for name, analysis in zip(PARTS, found, strict=True):
            yield name, analysis.to_dict()[name]

    def _rules_for(self, served: Served) -> BoundRules | None:
        """Read the rules where their file changed; rules that cannot be used change nothing."""
        with self._lock:
            if self.rules is not None:
                self._refresh(self.rules)
            if self._read is None:
                return None
            if served not in self._bound:
                known = columns_known(AnalysedModel.of(served.model), {}, columns=self.columns)
                schema = model_schema(AnalysedModel.of(served.model), known)
                self._bound[served] = bind_rules(self._read, schema)
            return self._bound[served]

    def _refresh(self, path: Path) -> None:
        try:
            found = path.stat()
            stamp = (found.st_mtime_ns, found.st_size)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            self._read = load_rules(path)
            self._bound = WeakKeyDictionary()
            self.fault = ""
        except (UserError, OSError) as error:
            self.fault = str(error)
            _LOG.error("the rules are not read again: %s", error)


def unadvised(said: Decision) -> dict[str, Any]:
    """Answer with the prediction alone, its figures as in an analysis."""
    prediction: dict[str, Any] = {
        "outcome": said.label,
        "probability": said.confidence,
        "confidence": said.confidence,
        "status": said.status,
    }
    if said.probabilities is not None:
        prediction["probabilities"] = said.probabilities
    if said.low is not None:
        prediction["interval"] = [said.low, said.high]
    for name in ("name", "reason"):
        if getattr(said, name):
            prediction[name] = getattr(said, name)
    return {
        "prediction": prediction,
        "analysis": None,
        "recommendations": [],
        "similar_conversations": [],
    }
