"""Studies: the same questions asked at many points of a scenario, and what their answers say together."""
