"""Text, formulas and code as plain words, for the search."""

from __future__ import annotations

import re

from docutils import nodes

COMMAND = re.compile(r"\\([A-Za-z]+)")
FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
DRESS = re.compile(
    r"\\(?:math\w+|text\w*|boldsymbol|operatorname|bar|hat|tilde|vec)\s*\{([^{}]*)\}"
)
BRACE = re.compile(r"\\(?:under|over)brace\s*\{([^{}]*)\}\s*[_^]\{[^{}]*\}")
SCRIPT = re.compile(r"([_^])\{([^{}]*)\}")
# Commands that say how a formula looks, not what it says.
LOOKS = re.compile(
    r"(?:[td]?frac|left|right|middle|[bB]igg?[lrm]?|math\w+|text\w*|boldsymbol|operatorname|begin|end|q?quad|"
    r"(?:under|over)brace|displaystyle|limits|tag|hline|[cvld]*dots|cdot|times|star|bar|hat|tilde|dot|vec|label|mid)$"
)
SIGNS = {
    "partial": "∂", "nabla": "∇", "sum": "∑", "prod": "∏", "int": "∫", "odot": "⊙", "top": "⊤", "cdot": "·",
    "times": "×", "star": "⋆", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "approx": "≈",
    "infty": "∞", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "bmod": "mod", "in": "∈", "to": "→", "leftarrow": "←", "rightarrow": "→", "pm": "±", "sqrt": "√", "ldots": "…",
    "dots": "…", "cdots": "…", "mid": "|", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε",
    "varepsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Delta": "Δ", "Sigma": "Σ", "Omega": "Ω", "Gamma": "Γ", "Lambda": "Λ", "Phi": "Φ", "Theta": "Θ", "Pi": "Π",
}  # fmt: skip
COMMON = re.compile(
    r"^(?:print|range|len|list|tuple|zip|map|enumerate|str|int|float|super|check|check_exercise|glue|live|isinstance)$"
)
NAME = re.compile(r"(?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*|\.[A-Za-z_]\w*|[A-Za-z_]\w*(?=\()")
ARGUMENT = re.compile(r"\b([a-z_]\w{3,})=(?!=)")
QUIET = re.compile(r"#.*|\"[^\"\n]*\"|'[^'\n]*'")


def line(node: nodes.Node | None) -> str:
    """A node's text on one line, formulas in plain signs."""
    if node is None:
        return ""
    parts = [
        formula(leaf.astext()) if isinstance(leaf.parent, nodes.math) else leaf.astext()
        for leaf in node.findall(nodes.Text)
    ]
    return " ".join("".join(parts).split())


def formula(latex: str) -> str:
    """A formula as one would type it: `p - y` for `\\mathbf{p} - \\mathbf{y}`."""
    latex = re.sub(r"\\(?:begin|end)\s*\{[^{}]*\}", " ", latex)
    for _ in range(4):  # braces within braces
        latex = SCRIPT.sub(
            _script, FRACTION.sub(_fraction, BRACE.sub(r"\1", DRESS.sub(r"\1", latex)))
        )
    latex = re.sub(r"\\[,;:! ]|\\\\|&|~", " ", latex)
    latex = COMMAND.sub(lambda m: SIGNS.get(m[1], " " if LOOKS.match(m[1]) else m[1]), latex)
    return " ".join(re.sub(r"[{}$\\]", "", latex).split())


def _script(match: re.Match[str]) -> str:
    inner = match[2].strip()
    return match[1] + (inner if len(inner) == 1 else f"({inner})")


def _fraction(match: re.Match[str]) -> str:
    above, below = (
        f"({part.strip()})" if re.search(r"[-+ ]", part.strip()) else part.strip()
        for part in match.groups()
    )
    return f" {above}/{below} "


def symbols(latex: str) -> list[str]:
    """The commands of a formula that have a meaning, by name: `nabla`, `softmax`."""
    named = re.findall(r"\\(?:operatorname|text|texttt|mathrm)\s*\{([^{}]*)\}", latex)
    return [c for c in COMMAND.findall(latex) if not LOOKS.match(c)] + named


def names(code: str) -> list[str]:
    """Functions, methods and arguments that a cell uses, in order, each once."""
    code = QUIET.sub(" ", code)
    found = [name for name in NAME.findall(code) if not COMMON.match(name)]
    return list(dict.fromkeys(found + ARGUMENT.findall(code)))
