"""The grammars of the small languages, as package data."""
