"""What one more of each resource brings: candidates, their runs, what they gain, and the answer in words."""
