"""Where on earth a position lies, and where a place of some name is: an offline table made of GeoNames."""
