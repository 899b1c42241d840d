"""Pictures compared with phrases, by an image-text model."""
