"""Tags: the vocabulary, and one module per category that turns evidence into suggestions."""
