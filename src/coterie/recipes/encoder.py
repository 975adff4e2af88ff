"""The encoder of a run: the first of a recipe that can be loaded."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from coterie.encoders import load_encoder, release
from coterie.errors import CoterieWarning, EncoderError
from coterie.pages.recipe import encoder_left_out
from coterie.recipes.settings import RecipeSettings

__all__ = ["take_encoder"]


def take_encoder(
    settings: RecipeSettings, texts: Sequence[str]
) -> tuple[RecipeSettings, list[str]]:
    """Take the first of several encoders that can be loaded, and say which cannot.

    The last one is not tried here: the first stage that needs it raises what is wrong.
    """
    first = settings.embed.encoder
    wanted = settings.assign
    if wanted is None or first not in wanted.encoders:
        return settings, []
    token = None if settings.token is None else settings.token.get_secret_value()
    left = [first, *(name for name in wanted.encoders if name != first)]
    left_out = []
    while len(left) > 1:
        try:
            release(load_encoder(left[0], token=token, fit_on=texts))
            break
        except EncoderError as error:
            left_out.append(encoder_left_out(left.pop(0), left[0], error))
            warnings.warn(left_out[-1], CoterieWarning, stacklevel=2)
    if not left_out:
        return settings, []
    others = wanted.model_copy(update={"encoders": tuple(left)})
    embed = settings.embed.model_copy(update={"encoder": left[0]})
    return settings.model_copy(update={"embed": embed, "assign": others}), left_out
