# Each line is one call of `python -m book`; on Windows type that instead.
PYTHON ?= python3

.PHONY: book html pdf epub notebooks serve check test
book:      ; $(PYTHON) -m book build
html:      ; $(PYTHON) -m book html
pdf:       ; $(PYTHON) -m book pdf
epub:      ; $(PYTHON) -m book epub
notebooks: ; $(PYTHON) -m book notebooks
serve:     ; $(PYTHON) -m book serve
check:     ; $(PYTHON) -m book check
test:      ; $(PYTHON) -m book test
