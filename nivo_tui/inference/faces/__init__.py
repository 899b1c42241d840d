"""Finding the faces of a picture, and what can be told of each."""
