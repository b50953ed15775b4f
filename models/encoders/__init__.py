"""Networks that turn a clip or a frame into features."""
