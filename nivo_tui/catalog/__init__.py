"""The two databases of a home: what can be computed again, and what a person decided."""
