"""The model packs on this machine: what they are, where they lie, which is chosen, which can be fetched."""
