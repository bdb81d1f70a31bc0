"""What all cultures share: their cells, their medium, what limits them, and how a run is divided into visits."""
