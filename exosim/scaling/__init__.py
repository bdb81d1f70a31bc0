"""Which technology makes a dose at the least cost at which demand, and what becomes impossible (``exosim scale``)."""
