"""Model packs come and go: downloads, archives, the folder of the home that they are kept in."""
