"""What the lead time and the vesicles of a lot went to: causes that sum to 100 %, told from the log."""
