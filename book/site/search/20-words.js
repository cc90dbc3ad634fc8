// What counts as the same word: spelling, endings, code, symbols. The index and the query pass through here.
const stemmer = new Stemmer();
const SYMBOLS = {
  "∂": "partial", "∇": "nabla", "∑": "sum", "Σ": "sigma", "∏": "prod", "∫": "int", "⊙": "odot", "⊤": "top", "∞": "infty", "√": "sqrt",
  "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "Δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "η": "eta", "θ": "theta",
  "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
  "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Ω": "omega", "⋆": "star", "×": "x", "−": "-",
};
const SYMBOL = new RegExp(`[${Object.keys(SYMBOLS).join("")}]`, "g");
const QUIET = new Set(("a an and are as at be by can do does for from had has have how i if in into is it its my no not of on or should so "
  + "that the their then there these they this to use was we were what when where which why will with you your").split(" "));
// Modules in front of a name: `F.relu`, `torch.relu` and `torch.nn.functional.relu` are one function.
const MODULES = /\b(?:torch|nn|F|np|plt|numpy)\.(?:nn\.|functional\.)*(?=[A-Za-z_])/g;
const WORD = /\.?[\p{L}\p{N}_]+(?:[-'’][\p{L}\p{N}_]+)*/gu;
const roots = new Map(), cuts = new Map();

const british = (word) => word
  .replace(/^(\w{3,})is(e|ed|er|ers|es|ing|ation|ations)$/, "$1iz$2")
  .replace(/^(\w{2,})yse(d|r|s)?$/, "$1yze$2")
  .replace(/^(\w{3,})our/, "$1or")
  .replace(/^(\w{3,})tre(d|s)?$/, "$1ter$2")
  .replace(/^(\w{3,})ll(ed|ing|er|ers)$/, "$1l$2")
  .replace(/^grey/, "gray").replace(/^varepsilon$/, "epsilon");

// A plain word without its ending, in one of its spellings.
const root = (word) => {
  let found = roots.get(word);
  if (found === undefined) {
    found = /^[a-z]{3,}$/.test(word) ? stemmer.stemWord(british(word)) : word;
    roots.set(word, found);
  }
  return found;
};

// The forms under which one written word is found: `BCELoss`, `log-sum-exp`, `conv2d`, `.backward`.
const cut = (written) => {
  const name = written.replace(/^\./, "").replace(/['’]s$/, "");
  const lower = name.toLowerCase();
  const pieces = name.split(/[-_'’]/).flatMap((piece) =>
    /[a-z][A-Z]|[A-Z]{2}[a-z]/.test(piece) ? [piece, ...piece.split(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/)] : [piece]);
  const found = [root(lower.replace(/[-_'’]/g, ""))];
  for (const piece of pieces) {
    const plain = piece.toLowerCase();
    found.push(root(plain));
    const base = /^([a-z]{3,})\d+d?$/.exec(plain);
    if (base) found.push(root(base[1]));
  }
  if (written.startsWith(".")) found.push("." + lower.replace(/_/g, ""));
  return [...new Set(found)].filter((form) => form && !/^\d+$/.test(form));
};

const forms = (written) => {
  let found = cuts.get(written);
  if (!found) cuts.set(written, found = cut(written));
  return found;
};

// The written words of a text, each with its forms; symbols by name, `1 × 1` as `1x1`.
const words = (text) => {
  const plain = text.normalize("NFKC").normalize("NFD").replace(/\p{M}/gu, "")
    .replace(/(\d)\s*[×x]\s*(?=\d)/g, "$1x").replace(SYMBOL, (sign) => ` ${SYMBOLS[sign]} `)
    .replace(/\\([A-Za-z]+)/g, " $1 ").replace(/\beq-(?=[a-z])/g, "equation ");
  // A name after its module keeps the dot, which tells code from prose.
  const short = plain.replace(MODULES, " .");
  return [...short.matchAll(WORD)].map((match) => ({ written: match[0], forms: forms(match[0]) })).filter((word) => word.forms.length);
};
const tokens = (text) => words(text).flatMap((word) => (QUIET.has(word.written.toLowerCase()) ? [] : word.forms));
