"""Pixels to boxes: faces, captions, and the weights both need."""
