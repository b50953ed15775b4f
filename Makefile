# Two commands are enough on a machine that has Python 3.11 and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
DEMO ?= demo
# Files by their checksums, not only by their versions: make setup LOCKED=1
LOCK = locks/$(shell $(PYTHON) -c 'import platform, sys; print(sys.platform, platform.machine(), "cp%d%d" % sys.version_info[:2], sep="-")').txt

.PHONY: setup demo test check docs fmt fast bench bench-storing bench-training bench-ablations bench-gpu papers bench-crop bench-review bench-rating bench-learning weights soak soak-cluster lock sbom licences clean

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "vqaprep needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; set PYTHON=")'
	$(PYTHON) -m venv $(VENV)
	$(if $(LOCKED),$(BIN)/pip install --no-deps --require-hashes -r $(LOCK))
	$(BIN)/pip install -c constraints.txt -e '.[dev]'
	@touch $@

demo: setup
	$(BIN)/vqaprep samples $(DEMO)/footage --only 'faces/*' --only 'scenes/[bf]*' --only scenes/cup.mp4
	$(BIN)/vqaprep doctor --fetch
	$(BIN)/vqaprep run pipelines/demo.toml --input $(DEMO)/footage -o $(DEMO)/run
	$(BIN)/vqaprep report $(DEMO)/run
	@echo 'report   $(DEMO)/run/report.html'
	@echo 'shards   $(DEMO)/run/07-shard (faces), $(DEMO)/run/10-shard (windows)'
	@echo 'weights  $(DEMO)/run/11-train/model.safetensors'

test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_architecture.py tests/test_docs.py

docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict
	@echo 'site     build/site/index.html'

fmt: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fast: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not slow' tests/models tests/stages tests/distortions tests/datasets tests/test_architecture.py tests/test_rows.py tests/test_labels.py

bench: setup
	$(BIN)/pip install -q -c constraints.txt -e '.[decord]'
	$(BIN)/python -m benchmarks.run

bench-storing: setup
	$(BIN)/python -m benchmarks.storing

bench-training: setup
	$(BIN)/python -m benchmarks.training

bench-ablations: setup
	$(BIN)/vqaprep samples $(DEMO)/footage --only 'faces/*'
	$(BIN)/vqaprep doctor --fetch
	$(BIN)/python -m benchmarks.ablations $(DEMO)/footage

bench-gpu: setup
	$(BIN)/python -m benchmarks.gpu

papers: setup
	$(BIN)/vqaprep samples $(DEMO)/footage
	$(BIN)/vqaprep doctor --fetch
	$(BIN)/python -m tests.papers.stand_in $(DEMO)/footage $(DEMO)/papers

bench-crop: setup
	$(BIN)/vqaprep samples $(DEMO)/footage --only 'faces/*' --only 'photos/*'
	$(BIN)/vqaprep doctor --fetch
	$(BIN)/python -m benchmarks.crop $(DEMO)/footage
	$(BIN)/python -m benchmarks.crop_time $(DEMO)/footage
	$(BIN)/python -m benchmarks.calls $(DEMO)/footage
	$(BIN)/python -m benchmarks.calls $(DEMO)/footage --drawn outsiders

bench-review: setup
	$(BIN)/vqaprep samples $(DEMO)/footage --only 'faces/*' --only 'photos/*'
	$(BIN)/vqaprep doctor --fetch
	$(BIN)/python -m benchmarks.review $(DEMO)/footage

bench-rating: setup
	$(BIN)/python -m benchmarks.rating

bench-learning: setup
	@test -d "$(FIGHTS)" || { echo 'give the Surveillance Camera Fight clips: make bench-learning FIGHTS=folder (data_manifests/surv_fight.toml says where they are)'; exit 2; }
	$(BIN)/vqaprep samples $(DEMO)/footage
	$(BIN)/python -m benchmarks.learning $(DEMO)/footage $(FIGHTS) $(DEMO)/learning

weights: setup
	@test -d "$(FIGHTS)" || { echo 'give the Surveillance Camera Fight clips: make weights FIGHTS=folder (data_manifests/surv_fight.toml says where they are)'; exit 2; }
	$(BIN)/vqaprep samples $(DEMO)/footage
	$(BIN)/python -m benchmarks.scorer $(DEMO)/footage $(FIGHTS) $(DEMO)/scorer

soak: setup
	$(BIN)/python -m benchmarks.soak
	$(BIN)/python -m benchmarks.fuzz
	$(BIN)/python -m benchmarks.limits
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.steps
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.steps --store
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m benchmarks.kill_runs --kills 100
	$(BIN)/python -m benchmarks.crafted

soak-cluster: setup
	$(BIN)/python -m benchmarks.cluster

lock: setup
	$(BIN)/python -m docs.lock

sbom: setup
	$(BIN)/python -m docs.licences sbom > sbom.cdx.json
	@echo 'sbom.cdx.json'

licences: setup
	$(BIN)/python -m docs.licences page > docs/licences.md

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache
