"""Known data sets as plain data: the videos of a folder and their labels. Tables of labels of users."""
