"""LangChain: embeddings, vector stores, a retriever and chains. It needs ``coterie[langchain]``.

The encoders of Coterie are LangChain's `Embeddings`. An index is a `VectorStore` that lasts, with
exact filters on metadata, and a retriever by words and meaning together. A store that lives in
memory is searched by FAISS. The models of a run are runnables: a predictor, and a chain that gives
the whole answer of the service.
"""

from coterie.extras import require

require("langchain_core", extra="langchain", purpose="coterie.integrations.langchain")

from coterie.integrations.langchain.conversations import (  # noqa: E402
    CoterieAnalysisChain,
    CoteriePredictor,
)
from coterie.integrations.langchain.embeddings import CoterieEmbeddings  # noqa: E402
from coterie.integrations.langchain.in_memory import FaissVectorStore, faiss_store  # noqa: E402
from coterie.integrations.langchain.lasting import CoterieVectorStore  # noqa: E402
from coterie.integrations.langchain.retrieving import CoterieRetriever  # noqa: E402

__all__ = [
    "CoterieAnalysisChain",
    "CoterieEmbeddings",
    "CoteriePredictor",
    "CoterieRetriever",
    "CoterieVectorStore",
    "FaissVectorStore",
    "faiss_store",
]
