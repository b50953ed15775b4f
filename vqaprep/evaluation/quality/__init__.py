"""Score quality without a reference: features of native pixels, boosted trees, a calibrated scale."""
