"""A film beside its reference: how the two are aligned, and what full-reference measures say of each frame."""
