"""Who may ask, which items may be charged, whose numbers are whose: mirrored from the chain at final blocks."""
