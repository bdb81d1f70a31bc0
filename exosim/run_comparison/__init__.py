"""Runs in time beside the first one: differences by replication, in words and remarks."""
