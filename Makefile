# Without make: python -m venv .venv && .venv/bin/pip install -e ".[site]" && .venv/bin/course run
export TF_CPP_MIN_LOG_LEVEL ?= 3
LESSON ?=
SEEDS ?=
ROWS ?=
PYTHON ?=
export PYTHON
COURSE = .venv/bin/course
PYTEST = .venv/bin/python -m pytest -q
NBVAL = --nbval-lax --nbval-current-env --nbval-cell-timeout=600
# Two processes with one thread each: most tests have no use for two threads. The proof's cases need no common fixtures.
PROOF = tests/test_homework_proof.py
TWO_AT_A_TIME = OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 $(PYTEST) -n 2

.PHONY: help setup course slides lab test bench clean

help:
	@echo "make course            run every lesson, build the site in build/site/, print the measured claims"
	@echo "make course LESSON=02  run one lesson; SEEDS=3 runs it with three seeds"
	@echo "make slides LESSON=02  make the lesson's slides in build/slides/; without LESSON those of every lesson"
	@echo "make lab               open the lessons in JupyterLab"
	@echo "make test              unit tests, lint of the notebooks, every lesson again, every claim"
	@echo "make bench             is anything slower? one table of ratios, in build/bench.md; ROWS=\"text growth\" takes a part"
	@echo "make clean             remove build/ (site, executed lessons, measured results) and .venv"

setup:
	@.ci/setup

course: setup
	@$(COURSE) fetch
	@$(COURSE) run $(LESSON) $(if $(SEEDS),--seeds $(SEEDS))

slides: setup
	@$(COURSE) slides $(LESSON)

lab: setup
	@$(COURSE) lab

# Results of its own: numbers of earlier runs with other seeds must not outweigh a claim that broke now.
test: export COURSE_BUILD = $(CURDIR)/build/test
# A treebank that lies on this computer would be other data than those of the claims.
test: export COURSE_CORPUS = built-in
test: setup
	@rm -rf build/test
	@$(COURSE) fetch
	@$(TWO_AT_A_TIME) -rs --dist loadfile --ignore=$(PROOF)
	@$(TWO_AT_A_TIME) $(PROOF)
	@$(PYTEST) $(NBVAL) notebooks/*.ipynb
	@$(COURSE) results --check

# The extra is added to what setup made, and not handed to it: the next target would install everything anew.
bench: setup
	@.venv/bin/python -c "import onnxruntime, ai_edge_litert" 2> /dev/null || .venv/bin/python -m pip install -q -e ".[bench]"
	@$(COURSE) fetch
	@$(COURSE) bench $(ROWS) --check

clean:
	rm -rf build .venv .pytest_cache *.egg-info
