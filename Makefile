# Every target is a few plain commands, so that they can also be typed by hand.
SHELL := /bin/sh
BIN := .venv/bin
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install install-dev run test lint bench requirements clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

install: .venv/.installed ## create .venv and install the pinned packages
install-dev: .venv/.installed-dev ## the same, with what tests and lint need

run: .venv/.installed ## start everything: database, web, workers, demo (Ctrl-C stops it)
	@exec $(BIN)/python manage.py up

test: .venv/.installed-dev ## run all tests; ARGS="tests/tracking -k mapping" narrows it
	@$(BIN)/python -m pytest $(or $(ARGS),-q -n auto --maxprocesses 4 --dist worksteal)

lint: .venv/.installed-dev ## style, types, deployment settings, missing migrations, known weaknesses
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@env MODE=production DEBUG=0 ALLOWED_HOSTS=track.example.com LOG_LEVEL=WARNING \
	  SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	  FIELD_KEYS="$$($(BIN)/python -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())')" \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING
	@env SHIPTRACK_PGDATA="$${TMPDIR:-/tmp}/shiptrack-lint-$$$$/postgres" SHIPTRACK_THROWAWAY=1 \
	  $(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python .ci/audit.py

bench: .venv/.installed ## measure; BENCH=ingest,queue SCALE=small|full choose what
	@$(BIN)/python -m bench

requirements: ## compile requirements*.txt again from requirements*.in (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make requirements" -q requirements.in -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make requirements" -q requirements-dev.in -c requirements.txt -o requirements-dev.txt

clean: ## remove .venv and caches; var/ (your data) stays
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last: a half-made .venv (no python3-venv, no space, interrupted) is thrown away by the next run.
.venv/.created:
	@set -e; found=; \
	for name in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	  "$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || continue; \
	  if command -v uv >/dev/null || "$$name" -c 'import ensurepip, venv' 2>/dev/null; then found=$$name; break; fi; \
	  echo "$$name lacks the venv module (Debian, Ubuntu: apt install $$name-venv); looking further"; \
	done; \
	if [ -z "$$found" ]; then echo "ShipTrack needs Python 3.11, 3.12 or 3.13 with venv; none was found on PATH."; exit 1; fi; \
	echo "Using $$found: $$($$found --version)"; \
	rm -rf .venv; \
	if command -v uv >/dev/null; then uv venv -q --seed --python "$$($$found -c 'import sys; print(sys.executable)')" .venv; \
	else "$$found" -m venv .venv; fi; \
	touch $@

.venv/.installed: requirements.txt .venv/.created
	@$(call install_packages,requirements.txt)
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	@$(call install_packages,requirements-dev.txt)
	@touch $@

define install_packages
echo "Installing the packages of $(1)"; \
if command -v uv >/dev/null && uv pip install -q --python $(BIN)/python --require-hashes -r $(1); then :; \
else $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r $(1); fi
endef
