"""Turn predictions, features and frames into the numbers, tables and pictures of the source papers."""
