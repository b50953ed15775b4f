"""Everything about installed packages: extras, parts that other packages add, packaged pipelines, fetched files."""
