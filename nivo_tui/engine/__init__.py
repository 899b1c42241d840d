"""The engine process: jobs, the pipeline, the protocol and its client."""
