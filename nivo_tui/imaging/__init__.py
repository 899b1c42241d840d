"""Pictures: formats, scaled decoding, thumbnails, the hash of the image data, features of the pixels."""
