"""Container formats: bytes in, parts or an edit list out. No file is opened here."""
