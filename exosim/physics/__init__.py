"""Pure functions: arrays in, arrays out; no clock, no random numbers, no files."""
