"""Tables of orders and stock on the terminal."""

from __future__ import annotations

from collections.abc import Mapping

ORDERS: Mapping[str, str] = {
    "orders_due": "orders due",
    "orders_filled": "  filled, in time or late",
    "orders_late": "  late, or still open",
    "orders_lost": "  lost",
    "on_time_in_full": "on time in full",
    "fill_rate": "fill rate, doses on time",
    "doses_shipped": "doses shipped",
    "doses_expired": "doses expired",
    "doses_recalled": "doses recalled",
    "stock_mean": "doses in stock",
    "age_at_shipping": "age at shipping",
}
"""What each indicator of orders and stock is called."""
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
