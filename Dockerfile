# For films from strangers: run it without a network and with a read-only root, as SECURITY.md shows.
FROM python:3.11-slim-bookworm
WORKDIR /opt/vqaprep
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY vqaprep ./vqaprep
COPY models ./models
COPY pipelines ./pipelines
COPY data_manifests ./data_manifests
RUN pip install --no-cache-dir -c constraints.txt '.[ocr,s3]'
ENV VQAPREP_CACHE=/out/.cache HOME=/tmp PYTHONDONTWRITEBYTECODE=1
USER 65534:65534
ENTRYPOINT ["vqaprep"]
