"""The screen, in Textual. Imports no numpy, cv2, onnxruntime, rawpy or pillow-heif."""

import os

# Textual paints at most this often. At its own 60 a second, a key that comes right after the paint of an
# event of the engine waits for up to two periods: 33 ms. Nothing is painted more often than it changes.
os.environ.setdefault("TEXTUAL_FPS", "240")
