"""Metadata: containers, XMP, IPTC, Exif; plan, gate, apply, journal. The only room that writes a photo."""
