// Runs in V8 beside KaTeX: which letters a formula holds, and the formula with some of them marked.
"use strict";

// \booksymbol{3}{x} draws x in a "colour" that is its number; book/marks.py makes an attribute of it.
// (KaTeX looks through a colour when it places accents, so the letters stay in the same order.)
katex.__defineFunction({
  type: "color", names: ["\\booksymbol"], numArgs: 2, argTypes: ["raw", "original"], allowedInArgument: true,
  handler({ parser }, [name, body]) {
    return { type: "color", mode: parser.mode, color: `symbol-${name.string}`, body: body.type === "ordgroup" ? body.body : [body] };
  },
});

const WORDS = new Set(["text", "operatorname", "op", "raw", "url", "verb", "size", "color-token"]);
const ROMAN = new Set(["mathrm", "mathsf", "mathtt", "mathbb"]); // names of operators and sets
const RELATION = /^(=|<|>|\\(le|leq|ge|geq|lt|gt|in|ne|neq))$/;

const items = (node) => (node.type === "ordgroup" ? node.body : [node]);
const UPRIGHT = /^\\(ell|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Upsilon|Phi|Psi|Omega)$/; // letters that KaTeX calls text
const isLetter = (node) => node.type === "mathord" || (node.type === "textord" && UPRIGHT.test(node.text));
const isOperator = (node) => node && (node.type === "op" || node.type === "operatorname");
// A subscript belongs to a letter, dressed or not; what stands below a brace or after ")" does not.
const DRESSED = new Set(["mathord", "textord", "font", "accent", "overline", "ordgroup"]);
const isPrime = (node) => node.type === "textord" && node.text === "\\prime";

// Splits on commas: [[nodes of the first part], …].
function split(nodes, separates) {
  const parts = [[]];
  for (const node of nodes) separates(node) ? parts.push([]) : parts.at(-1).push(node);
  return parts;
}

// After a nabla a letter is its slope, which may have a row of its own, as if it had an accent.
const isNabla = (node) => node && node.type === "textord" && node.text === "\\nabla";
const slope = (before) => (isNabla(before) || (before && before.type === "supsub" && !before.sup && isNabla(before.base)) ? { accents: ["\\nabla"] } : {});

// What a subscript says: its words and digits, and how many indices it has.
function subscript(node) {
  const said = { name: "", indices: 0 };
  if (!node) return said;
  for (const part of split(items(node), (n) => n.type === "atom" && n.family === "punct")) {
    const letters = part.filter((n) => isLetter(n) || (n.type === "supsub" && n.base && isLetter(n.base)) || n.type === "font");
    const sum = part.some((n) => n.type === "atom" && n.family === "bin");
    if (letters.length) said.indices += sum ? 1 : letters.length;
    else said.name += words(part);
  }
  return said;
}

function words(nodes) {
  return nodes.map((n) => (Array.isArray(n.body) ? words(n.body) : n.type === "op" ? (n.name || "").slice(1) : n.text && !n.text.startsWith("\\") ? n.text : "")).join("");
}

// The letters that run under a sum, a product, a maximum: i in i=1, u and v in 0 ≤ u, v < k.
function running(node) {
  const parts = split(items(node), (n) => n.type === "atom" && RELATION.test(n.text));
  const plain = parts.map((part) => part.flatMap((n) => (n.type === "supsub" && n.base ? [n.base] : [n])).filter(isLetter));
  return (plain.find((part) => part.length) || []).map((n) => n.text);
}

function lettersOf(latex, macros) {
  const found = [], bound = [];

  function letter(node, at) {
    const place = node.loc;
    // What a macro writes has no place of its own in the formula.
    if (!place || place.lexer.input !== latex || ROMAN.has(at.font) || at.differential === node) return;
    const { name, indices } = subscript(at.subscript);
    found.push({ text: node.text, font: at.font || "", accents: at.accents || [], prime: !!at.prime, name, indices,
      index: !!at.index, start: place.start, end: place.end });
  }

  function scripts(node, at) {
    const { base, sup, sub } = node;
    if (isOperator(base) && sub) bound.push(...running(sub));
    const own = { font: at.font, index: at.index };
    const dressed = base && DRESSED.has(base.type);
    const prime = dressed && sup && items(sup).some(isPrime);
    if (base) walk(base, { ...at, subscript: dressed ? sub : null, prime });
    if (sup) walk(sup, { ...own });
    if (sub) walk(sub, { ...own, index: at.index || (base || {}).type !== "horizBrace" });
  }

  // dy over dx: the two d are no symbols.
  function fraction(node, at) {
    const first = [node.numer, node.denom].map((part) => items(part)[0]);
    const both = first.every((n) => n && n.type === "mathord" && n.text === "d");
    [node.numer, node.denom].forEach((part, i) => walk(part, { ...at, differential: both ? first[i] : null }));
  }

  function walk(node, at) {
    if (!node || typeof node !== "object") return;
    if (Array.isArray(node)) {
      const alone = node.length === 1 ? at : { ...at, accents: [], subscript: null, prime: false };
      node.forEach((child, i) => walk(child, { ...alone, ...slope(node[i - 1]) }));
    } else if (isLetter(node)) letter(node, at);
    else if (WORDS.has(node.type)) return;
    else if (node.type === "supsub") scripts(node, at);
    else if (node.type === "genfrac") fraction(node, { font: at.font, index: at.index });
    else if (node.type === "accent" || node.type === "overline")
      walk(node.base || node.body, { ...at, accents: [...(at.accents || []), node.label || "\\overline"] });
    else if (node.type === "font") walk(node.body, { ...at, font: node.font });
    else for (const [key, child] of Object.entries(node)) if (key !== "loc") walk(child, at);
  }

  walk(katex.__parse(latex, { macros: Object.assign({}, macros), displayMode: true }), {});
  return JSON.stringify({ letters: found, bound });
}
