# Two commands matter: `make run` and `make test`. Each does all its own set-up.
PYTHON ?= python3
BIN := .venv/bin
FLOORS := $(addprefix --fail-under ,intent_accuracy=0.948 procedure_top1=0.945 procedure_top3=0.988 \
  wrong_answer_rate=0.011 refusal_rate=0.02 choose_rate=0.135 emergency_recall=1 emergency_false_alarm_rate=0.015 \
  out_of_scope_handled=0.948)

.DEFAULT_GOAL := help
.PHONY: help run demo test fault lint setup setup-dev train evaluate compare bench format handbook pins

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'

run: setup ## Set everything up and start the assistant at http://127.0.0.1:8080/chat
	@$(BIN)/than-thien run

demo: setup-dev ## Play a citizen on a pretend Zalo and a pretend Facebook, with the whole product behind them
	@$(BIN)/python -m tests.servers.demo

test: setup-dev ## Set everything up and run all tests, with real Rasa and a real browser
	@$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

fault: setup-dev ## Replay 5,000 events while processes are killed and platforms fail (about five minutes)
	@$(BIN)/python -m tests.faults $(FAULT)

lint: setup-dev ## Formatting, ruff and mypy --strict
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

setup: ## Build the two environments from their pins
	@$(PYTHON) bot/bootstrap.py

setup-dev:
	@$(PYTHON) bot/bootstrap.py --dev --browser

train: setup ## Train the Rasa model if its data changed
	@$(BIN)/than-thien train

evaluate: setup ## Measure understanding on the evaluation set; fails beyond the floors
	@mkdir -p data && rm -f data/evaluation.db*
	@cat tests/evaluation/*.jsonl > data/evaluation.jsonl
	@THANTHIEN_DATABASE_URL=sqlite:///data/evaluation.db $(BIN)/than-thien evaluate data/evaluation.jsonl \
	  --summary-only --report data/evaluation.html $(FLOORS) > data/evaluation-summary.json

handbook: setup-dev ## Take the pictures of the console's handbook anew
	@$(BIN)/pytest -q tests/browser/console/handbook.py

compare: setup-dev ## Compare Rasa pipelines on the training data and the evaluation set (about ten minutes)
	@TF_CPP_MIN_LOG_LEVEL=3 RASA_TELEMETRY_ENABLED=false RASA_MAX_CACHE_SIZE=0 PYTHONPATH=. .venv-rasa/bin/python -W ignore -m nlu.rasa.compare

bench: setup-dev ## Print latency, saturation and memory, also of the ticket queue, beside a plain Rasa (twenty minutes; BENCH=--quick: four)
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench_publication
	@$(BIN)/python -m tests.bench_understanding --gate
	@$(BIN)/python -m tests.bench_platforms $(BENCH)
	@$(BIN)/python -m tests.bench_answers $(BENCH)
	@$(BIN)/python -m tests.bench_tickets $(BENCH)
	@$(BIN)/python -m tests.bench_imports $(BENCH)

format: setup-dev ## Rewrite the code in the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

pins: ## Write the hashed requirements files anew from the pyproject files (needs uv)
	uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --group build pyproject.toml -o requirements.txt
	uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --group build --extra dev pyproject.toml -c requirements.txt -o requirements-dev.txt
	cd nlu/rasa && uv pip compile -q --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.10 pyproject.toml -o requirements.txt
