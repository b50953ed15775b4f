"""Known data sets as plain data: which videos a folder holds, and what is known of each."""

from vqaprep.datasets.layout import dataset_names, describe
from vqaprep.datasets.load import Labelled, load_dataset

__all__ = ["Labelled", "dataset_names", "describe", "load_dataset"]
