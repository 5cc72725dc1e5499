"""The ledger of one source beside the road."""

from transmod.accounts.ledger import post
from transmod.exchange import from_frame


def post_source(result, rule):
    """Put the rows of a source, which are frames, on the lines of a rule."""
    return post(from_frame(result.emissions), from_frame(result.energy), rule)
