"""A unit operation for exosim, found by its entry point."""
