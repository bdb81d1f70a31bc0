"""Pooling: a share of everything stays behind."""

from __future__ import annotations

import numpy as np
import pytest

from exosim.material import FIELDS
from exosim.operations.pooling import Pooling
from exosim.testing.feeds import everything


def test_the_same_share_of_everything_is_lost() -> None:
    """Bags and lines keep one share of the volume with all that is in it: no concentration changes."""
    feed = everything()
    outcome = Pooling(transfer_loss=0.04, duration=2.0).transform(feed)
    for name in FIELDS:
        before = np.asarray(getattr(feed, name))
        after, lost = (np.asarray(getattr(m, name)) for m in (outcome.product, outcome.losses["transfer"]))
        assert after == pytest.approx(0.96 * before, rel=1e-12)
        assert lost == pytest.approx(0.04 * before, rel=1e-12)
    assert outcome.duration == 2.0


def test_no_loss_hands_on_the_feed() -> None:
    """Without transfer loss the lot is the sum of the harvests."""
    assert Pooling(transfer_loss=0.0).transform(everything()).product.volume == everything().volume
