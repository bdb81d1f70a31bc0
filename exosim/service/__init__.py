"""What was asked of a plant and what it delivered: orders, warehouse, and their indicators; a fold over the run."""
