"""Tables of orders and stock on the terminal."""

from __future__ import annotations

from collections.abc import Mapping

BY_PRODUCT: Mapping[str, tuple[str, str, float]] = {
    "orders_due_by_product": ("orders due", "1", 1.0),
    "orders_late_by_product": ("late", "1", 1.0),
    "orders_lost_by_product": ("lost", "1", 1.0),
    "on_time_in_full_by_product": ("in full", "%", 100.0),
    "fill_rate_by_product": ("fill rate", "%", 100.0),
    "doses_shipped_by_product": ("shipped", "dose/year", 1.0),
    "doses_expired_by_product": ("expired", "dose/year", 1.0),
    "stock_mean_by_product": ("in stock", "dose", 1.0),
    "age_at_shipping_by_product": ("age", "h", 1.0),
}
"""Heading and unit of each column of the table by product, and the factor from the indicator."""
