"""Embeddings by a local model in onnxruntime: a folder with `model.onnx` and `tokenizer.json`."""
