"""The command line: one command per file; parse arguments, call the engine, print."""
