"""Playback speeds: the tasks that draw them, and the labels of the clips."""
