# SPDX-License-Identifier: Apache-2.0
# The only set-up: `make demo` and `make test` build the environments that they need.
#
#   make demo [AIRFLOW=2.11] [KEEP=1]   a real Airflow runs the example DAGs and reports them to a local mPulse
#   make test [AIRFLOW=3.3]             every check and every test; without AIRFLOW on both majors
#   make sandbox                        the local mPulse alone
#   make stack [CELERY=1] [DAGS=...]    docker-compose.yml without Docker: Airflow on PostgreSQL, as processes
#   make soak                           both of these, one after the other
#   make soak-growth [RUNS=500]         short runs through a real scheduler: nothing may grow, no beacon be lost
#   make soak-outage                    200 tasks, mPulse away for a minute: none may be slower, no beacon be lost
#   make bench                          measures what the package costs beside its peers; writes docs/benchmarks.md
#   make docs                           writes docs/configuration.md from the table of options
#   make screenshots                    makes the pictures of the docs anew, from a real run
#   make constraints                    writes the pinned versions anew, from the newest that fit together
#
# PYTHON names the interpreter, python3 by default. Airflow 2.11 runs on Python 3.11 and 3.12 only, so that its
# environment takes another one where python3 is newer.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: help demo test lint sandbox stack soak soak-growth soak-outage bench docs screenshots constraints clean

PYTHON ?= python3
DEMO_AIRFLOW := $(or $(AIRFLOW),3.3)
TEST_AIRFLOWS := $(or $(AIRFLOW),3.3 2.11)

# Without it every import is compiled again in every process, which doubles what is measured and waited for.
unexport PYTHONDONTWRITEBYTECODE
# Settings of the person's own Airflow do not belong in the environments built here.
unexport AIRFLOW_HOME AIRFLOW_CONFIG PYTHONPATH

venv = .venv/airflow-$(1)
groups_3.3 := dev
groups_2.11 := run

help:
	@sed -n 's/^#   //p' Makefile

demo: $(call venv,$(DEMO_AIRFLOW))/.ready
	@$(call venv,$(DEMO_AIRFLOW))/bin/python -m demo $(if $(KEEP),--keep)

sandbox: $(call venv,3.3)/.ready
	@$(call venv,3.3)/bin/airflow-mpulse sandbox

stack: $(call venv,3.3)/.ready
	@$(call venv,3.3)/bin/python -m stack $(if $(CELERY),--celery) $(if $(DAGS),--dags $(DAGS))

soak: soak-growth soak-outage

# With CONTROL=1 the same without the listener, to tell Airflow's own growth.
soak-growth: $(call venv,3.3)/.ready
	@$(call venv,3.3)/bin/python -m soak $(if $(RUNS),--runs $(RUNS)) $(if $(CONTROL),--without-listener)

# DELIVERY=outbox has tasks write into the outbox only; AWAY=silent has mPulse take connections without answering.
soak-outage: $(call venv,3.3)/.ready | $(if $(filter soak,$(MAKECMDGOALS)),soak-growth)
	@$(call venv,3.3)/bin/python -m soak.outage $(if $(DELIVERY),--delivery $(DELIVERY)) $(if $(AWAY),--away $(AWAY))

bench: .venv/bench/.ready
	@.venv/bench/bin/python -m benchmarks

docs: $(call venv,3.3)/.ready
	@$(call venv,3.3)/bin/python -m tools.configuration_docs

screenshots: $(call venv,3.3)/.ready
	@$(call venv,3.3)/bin/python -m demo.screenshots

# Tests that miss a program of the machine (a browser, a database) add to it what to install.
left_out_file = .venv/left-out-$(1).txt
left_out_files = $(foreach airflow,$(TEST_AIRFLOWS),$(call left_out_file,$(airflow)))

test: $(foreach airflow,$(TEST_AIRFLOWS),test-$(airflow))
	@if grep -q . $(left_out_files); then \
	  echo "All checks passed, and all tests on Airflow $(TEST_AIRFLOWS) but these, which were left out:"; \
	  sort -u $(left_out_files) | sed 's/^/  /'; \
	else \
	  echo "All checks and tests passed on Airflow $(TEST_AIRFLOWS)."; \
	fi

test-3.3: lint
test-2.11: | $(if $(filter 3.3,$(TEST_AIRFLOWS)),test-3.3)

# The sandbox's page, the stack and the wheel are the same on both; what a run's waterfall shows is not.
folders_3.3 := tests/dags tests/browser tests/stack tests/packaging/test_wheel.py
folders_2.11 := tests/dags tests/browser/airflow tests/browser/sandbox/test_waterfall_of_a_run.py

# These two layers import no Airflow, so that what covers them is the same on both. Where they are run to be
# covered, they are not run again.
core_3.3 := tests/unit/protocol tests/unit/reporting
define cover_core
.venv/airflow-3.3/bin/python -m coverage run -m pytest $(core_3.3)
.venv/airflow-3.3/bin/python -m coverage report \
  --include='airflow_mpulse/protocol/*,airflow_mpulse/reporting/*' --fail-under=100
endef

# A process for each core, where the tests do without a scheduler, which takes all of them by itself.
parallel := --numprocesses logical -m 'not scheduler'

test-3.3 test-2.11: test-%: .venv/airflow-%/.ready
	@echo "== Tests on Airflow $*"
	@: >$(call left_out_file,$*)
	@$(if $(core_$*),$(cover_core))
	@.venv/airflow-$*/bin/python -m pytest $(parallel) $(core_$*:%=--ignore %) tests/unit tests/contract tests/airflow
	@.venv/airflow-$*/bin/python -m pytest -m scheduler tests/airflow
	@for folder in $(folders_$*); do \
	  LEFT_OUT_FILE=$(call left_out_file,$*) .venv/airflow-$*/bin/python -m pytest $$folder; \
	done

lint: $(call venv,3.3)/.ready
	@echo "== Lint, format, types, docstrings, layers, spelling, the repository itself"
	@$(call venv,3.3)/bin/ruff check .
	@$(call venv,3.3)/bin/ruff format --check .
	@$(call venv,3.3)/bin/mypy
	@$(call venv,3.3)/bin/pydoclint --quiet airflow_mpulse
	@$(call venv,3.3)/bin/lint-imports --no-cache --no-logo
	@$(call venv,3.3)/bin/codespell airflow_mpulse benchmarks dags demo deploy docs soak stack tests tools ./*.md
	@$(call venv,3.3)/bin/python -m pytest tests/packaging/test_repository.py

.venv/airflow-%/.ready: constraints/airflow-%.txt pyproject.toml
	@python="$$(demo/find_python.sh $* "$(PYTHON)")"; \
	echo "== Building $(@D) with $$("$$python" --version); the first time takes some minutes"; \
	[ -x $(@D)/bin/python ] || "$$python" -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --constraint $< --upgrade pip
	@$(@D)/bin/python -m pip install --quiet --constraint $< hatchling editables 'setuptools>=70.1'
	@$(@D)/bin/python -m pip install --quiet --constraint $< --no-build-isolation --group $(groups_$*) \
	  --editable '.[sandbox]'
	@touch $@

# The pinned versions of Airflow 3.3, and what the peers need beside them.
.venv/bench/.ready: pins = --constraint constraints/airflow-3.3.txt --constraint constraints/bench.txt
.venv/bench/.ready: constraints/airflow-3.3.txt constraints/bench.txt pyproject.toml
	@python="$$(demo/find_python.sh 3.3 "$(PYTHON)")"; \
	echo "== Building $(@D) with $$("$$python" --version); the first time takes some minutes"; \
	[ -x $(@D)/bin/python ] || "$$python" -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check $(pins) --upgrade pip
	@$(@D)/bin/python -m pip install --quiet $(pins) hatchling editables 'setuptools>=70.1'
	@$(@D)/bin/python -m pip install --quiet $(pins) --no-build-isolation --group bench --editable .
	@touch $@

constraints:
	@for airflow in 3.3 2.11; do demo/pin_versions.sh $$airflow "$(PYTHON)"; done

clean:
	rm -rf .venv .demo dist build .hypothesis .pytest_cache .mypy_cache .ruff_cache .coverage
