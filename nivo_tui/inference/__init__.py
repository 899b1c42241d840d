"""Models: ONNX Runtime providers, model packs, faces, objects, classes."""
