# One target for each daily job; `make` alone lists them. Every job is also a command of `course`,
# which stands in .venv/bin after `make setup`.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
COURSE := $(VENV)/bin/course
READY := $(VENV)/.ready
# One assignment, or several in quotes; all of them by default.
ASSIGNMENT ?=

# Where torch comes from. Without a GPU: PyTorch's CPU wheels, a tenth of the size. With one, or
# with an empty value, torch comes from wherever pip looks on this machine.
ifeq ($(origin TORCH_INDEX), undefined)
TORCH_INDEX := $(if $(shell command -v nvidia-smi),,https://download.pytorch.org/whl/cpu)
endif

.DEFAULT_GOAL := help
.PHONY: help setup course quick test format book chapters notebooks serve student sync sample-class grade mutants attacks bench

help: ## list the jobs
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## create .venv with the exact versions of constraints.txt

$(READY): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v[:2] != (3, 11) and f"needed Python 3.11, got {v[0]}.{v[1]}: call make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --disable-pip-version-check -q -c constraints.txt $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX)) torch
	$(VENV)/bin/pip install --disable-pip-version-check -q -c constraints.txt -e '.[dev]'
	@touch $(READY)

course: $(READY) ## the whole road: book, releases, a graded sample class, feedback, the tables
	@$(COURSE) run $(ASSIGNMENT)

quick: $(READY) ## the fast tests, under a minute; one exercise with EX=adam
	@$(COURSE) quick $(EX)

test: $(READY) ## everything CI checks
	@$(COURSE) test

format: $(READY) ## format code and notebooks, mend what the linter can mend
	@$(COURSE) format

book: $(READY) ## build the book strictly
	@$(COURSE) book

chapters: $(READY) ## words, figures, corrections, references and running time of each chapter
	@$(COURSE) chapters

notebooks: $(READY) ## run the downloadable notebooks in a clean environment with the student edition
	@TORCH_INDEX=$(TORCH_INDEX) $(COURSE) notebooks

serve: $(READY) ## build the book and open it at a local address
	@$(COURSE) serve

student: $(READY) ## derive the student edition and the release notebooks
	@$(COURSE) student $(ASSIGNMENT)

sync: $(READY) ## copy the library's solutions into the source notebooks
	@$(COURSE) sync

sample-class: $(READY) ## generate the sample class's submissions
	@$(COURSE) sample-class $(ASSIGNMENT)

grade: $(READY) ## grade the submissions, write feedback and the tables; one with ASSIGNMENT=optimizers
	@$(COURSE) grade $(ASSIGNMENT)

mutants: $(READY) ## grade every known mistake and every right variant through the notebooks
	@$(COURSE) mutants $(ASSIGNMENT)

attacks: $(READY) ## grade the attack corpus: nobody may gain a point or do harm
	@$(COURSE) attacks

bench: $(READY) ## times beside torch's and stock nbgrader's, and the distance from torch's trajectories: half an hour
	@$(COURSE) bench
