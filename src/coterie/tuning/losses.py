"""What training makes small: losses over the vectors of one batch, guarded by the labels.

In a batch of 64 pairs from 27 intents most anchors meet other rows of their own intent. Taken as
negatives, these would push apart what belongs together; here a row of the same label is never a
negative.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the customary name

__all__ = ["hardest_triplet", "info_nce", "ranking", "triplet"]


def ranking(
    anchors: Tensor,
    positives: Tensor,
    labels: Tensor,
    *,
    temperature: float = 0.05,
    negatives: Tensor | None = None,
    negative_labels: Tensor | None = None,
) -> Tensor:
    """Multiple negatives ranking: each anchor is to find its own positive among all of them.

    Parameters
    ----------
    anchors, positives
        Shape (n, d), unit length; row i of both is a pair.
    labels
        Shape (n,), int64: label of each pair. Positives of the anchor's label other than its own
        are left out of the choice.
    temperature
        Cosines are divided by it.
    negatives, negative_labels
        Shapes (m, d) and (m,): further texts to tell apart, such as mined hard negatives.

    Returns
    -------
    Tensor of shape ()
        Mean cross-entropy. Henderson et al. 2017 (https://arxiv.org/abs/1705.00652), section 4.4.
    """
    others, of_others = positives, labels
    if negatives is not None and negative_labels is not None:
        others = torch.cat([positives, negatives])
        of_others = torch.cat([labels, negative_labels])
    same = labels[:, None] == of_others[None, :]
    own = torch.arange(len(anchors), device=anchors.device)
    same[own, own] = False
    cosines = (anchors @ others.T / temperature).masked_fill(same, -torch.inf)
    return F.cross_entropy(cosines, own)


def info_nce(vectors: Tensor, labels: Tensor, *, temperature: float = 0.05) -> Tensor:
    """InfoNCE over a batch with labels: all rows of a label are each other's positives.

    Parameters
    ----------
    vectors
        Shape (n, d), unit length.
    labels
        Shape (n,), int64. Rows alone in their label are negatives only.
    temperature
        Cosines are divided by it.

    Returns
    -------
    Tensor of shape ()
        Mean over the rows that have a positive. van den Oord et al. 2018
        (https://arxiv.org/abs/1807.03748), with several positives as in Khosla et al. 2020
        (https://arxiv.org/abs/2004.11362), the sum outside of the logarithm.
    """
    itself = torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    positive = (labels[:, None] == labels[None, :]) & ~itself
    cosines = (vectors @ vectors.T / temperature).masked_fill(itself, -torch.inf)
    log_share = cosines - cosines.logsumexp(dim=1, keepdim=True)
    found = positive.sum(dim=1)
    per_row = log_share.masked_fill(~positive, 0.0).sum(dim=1) / found.clamp(min=1)
    return -per_row.sum() / (found > 0).sum().clamp(min=1)


def triplet(
    anchors: Tensor, positives: Tensor, negatives: Tensor, *, margin: float = 0.2
) -> Tensor:
    """Triplet loss by cosine: the positive is to be nearer than the negative by a margin.

    Parameters
    ----------
    anchors, positives, negatives
        Shape (n, d), unit length.
    margin
        In cosine.

    Returns
    -------
    Tensor of shape ()
        Mean over the triplets. Schroff, Kalenichenko and Philbin 2015
        (https://arxiv.org/abs/1503.03832).
    """
    near = (anchors * positives).sum(dim=1)
    far = (anchors * negatives).sum(dim=1)
    return F.relu(far - near + margin).mean()


def hardest_triplet(vectors: Tensor, labels: Tensor, *, margin: float = 0.2) -> Tensor:
    """Triplet loss over a batch with labels, with the hardest triplet of each row.

    Parameters
    ----------
    vectors
        Shape (n, d), unit length.
    labels
        Shape (n,), int64.
    margin
        In cosine.

    Returns
    -------
    Tensor of shape ()
        Mean over the rows that have another row of their label and one of another label: the
        former least alike is to be nearer than the latter most alike. Hermans, Beyer and Leibe
        2017 (https://arxiv.org/abs/1703.07737).
    """
    cosines = vectors @ vectors.T
    same = labels[:, None] == labels[None, :]
    other = ~torch.eye(len(vectors), dtype=torch.bool, device=vectors.device)
    near = cosines.masked_fill(~(same & other), torch.inf).min(dim=1).values
    far = cosines.masked_fill(same, -torch.inf).max(dim=1).values
    whole = torch.isfinite(near) & torch.isfinite(far)
    return F.relu(far - near + margin).masked_fill(~whole, 0.0).sum() / whole.sum().clamp(min=1)
