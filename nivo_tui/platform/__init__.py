"""All that differs between operating systems."""
