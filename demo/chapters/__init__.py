"""The chapters of the story, in the order in which a province would live through them."""
