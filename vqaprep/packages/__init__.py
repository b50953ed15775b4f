"""What comes out of packages: extras, parts that other packages add, packaged pipelines, and single fetched files."""
