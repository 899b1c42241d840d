"""The screen, in Textual. Imports no numpy, cv2, onnxruntime, rawpy or pillow-heif."""
