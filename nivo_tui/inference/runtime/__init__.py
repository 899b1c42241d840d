"""Where models run: execution providers, and sessions that survive their failure."""
