"""Pictures in a terminal: what it can show, and the widget that shows it."""
