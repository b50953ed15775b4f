"""Turn predictions, features and frames into the metrics, tables and pictures of the source papers."""
