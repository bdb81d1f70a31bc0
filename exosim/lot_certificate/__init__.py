"""Certificate of analysis and batch record of one lot, as values."""
