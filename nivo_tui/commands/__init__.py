"""The commands: each module turns parsed arguments into one job or one reading, and prints the result."""
