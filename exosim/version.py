"""The version of exosim."""

__version__ = "0.1.0"
