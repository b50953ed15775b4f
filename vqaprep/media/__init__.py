"""All pixels in and out of files and codecs."""
