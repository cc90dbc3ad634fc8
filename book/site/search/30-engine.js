// The index in memory, filled page by page, and the ranking.
const base = new URL("../", document.currentScript.src);
const BOOST = { title: 5, defined: 5, terms: 2.5, names: 2, where: 1.5, symbols: 1.5, said: 1.2, text: 1 };
// A chapter before its parts; what repeats everything last: summaries, and the lists of the appendix.
const KIND = { page: 1.3, section: 1.15, equation: 0.9, figure: 0.8, exercise: 0.85, pitfall: 0.7, error: 0.75, work: 0.3 };
const REPEATS = new Set(["summary", "exercises", "on-the-shoulders-of-giants"]);

const known = new Set(); // every form in the index
const passages = new Map();
const index = new MiniSearch({
  fields: Object.keys(BOOST),
  tokenize: (text) => tokens(text),
  processTerm: (form) => { known.add(form); return form; },
});

const add = ({ page, number, rows }) => {
  const title = rows[0][3];
  const documents = rows.map(([kind, anchor, section, heading, text, defined, terms, names, symbols, said], row) => {
    const above = rows[section][3];
    const where = [title, ...(section && section !== row ? [above] : [])];
    const passage = {
      id: passages.size, place: `${page}#${anchor}`, kind, title: heading, text, number, section: rows[section][1], page,
      where: row ? where : [], href: new URL(`${page}#${anchor}`, base).href,
      weight: KIND[kind] * (REPEATS.has(anchor) ? 0.5 : 1) * (number || kind === "page" ? 1 : 0.4), names: tokens(heading),
    };
    passages.set(passage.id, passage);
    return { id: passage.id, title: heading, where: where.join(" "), defined, terms, names, symbols, text, said };
  });
  index.addAll(documents);
};

// Synonyms: for each list that the query touches, the words of its other members.
const PHRASES = SYNONYMS.map((list) => list.map((phrase) => words(phrase).map((word) => word.forms[0])));
const synonyms = (slots) => {
  const found = [];
  for (const list of PHRASES) {
    for (const phrase of list) {
      for (let start = 0; start + phrase.length <= slots.length; start++) {
        if (!phrase.every((form, i) => slots[start + i].forms.includes(form))) continue;
        for (const other of list) {
          if (other !== phrase) for (const form of other) found.push({ form, from: start, to: start + phrase.length, weight: 0.5 });
        }
      }
    }
  }
  return found;
};

const swapped = (form) => {
  for (let i = 0; i + 1 < form.length; i++) {
    const other = form.slice(0, i) + form[i + 1] + form[i] + form.slice(i + 2);
    if (known.has(other)) return other;
  }
  return "";
};
const begins = (start) => { for (const form of known) if (form.startsWith(start)) return true; return false; };

// What to look up for a query: forms with weights, each for a run of the query's words.
const lookups = (query) => {
  const all = words(query);
  const loud = all.filter((word) => !QUIET.has(word.written.toLowerCase()));
  const slots = loud.length ? loud : all;
  const unfinished = /[\p{L}\p{N}_]$/u.test(query);
  const found = [];
  slots.forEach((slot, i) => slot.forms.forEach((form, j) => {
    const prefix = unfinished && i === slots.length - 1 && form.length > 1;
    const strange = form.length > 3 && !known.has(form) && !(prefix && begins(form)) && (j === 0 || form !== slot.forms[0]);
    const turned = strange && swapped(form);
    found.push({
      form: turned || form, from: i, to: i + 1, prefix: prefix && !turned,
      weight: j === 0 ? 1 : 0.7, fuzzy: strange && !turned ? (form.length > 5 ? 2 : 1) : false,
    });
  }));
  for (let i = 0; i + 1 < slots.length; i++) {
    const joined = root((slots[i].written + slots[i + 1].written).toLowerCase());
    const far = !known.has(joined) && (!known.has(slots[i].forms[0]) || !known.has(slots[i + 1].forms[0])) && joined.length > 7;
    if (known.has(joined) || far) found.push({ form: joined, from: i, to: i + 2, weight: 1, fuzzy: far ? 2 : false });
  }
  return { slots, found: [...found, ...synonyms(slots)] };
};

const LIMIT = 10;

// The best passages for a query, best first; ties in the order of the book.
const find = (query) => {
  const { slots, found } = lookups(query.trim().slice(0, 400));
  if (!found.length) return [];
  const results = index.search(query, {
    tokenize: () => found.map((look) => look.form), processTerm: (form) => form,
    boost: BOOST, weights: { fuzzy: 0.5, prefix: 0.5 },
    prefix: (form, i) => Boolean(found[i].prefix), fuzzy: (form, i) => found[i].fuzzy || false,
    boostTerm: (form, i) => found[i].weight,
    boostDocument: (id) => passages.get(id).weight,
  });
  const verbatim = query.trim().toLowerCase();
  const asked = new Set(slots.map((slot) => slot.forms[0]));
  const pairs = slots.slice(1).map((slot, i) => ` ${slots[i].forms[0]} ${slot.forms[0]} `);
  const ranked = results.slice(0, 80).map((result) => {
    const passage = passages.get(result.id);
    const met = new Set(result.queryTerms);
    const covered = slots.filter((slot, i) => found.some((look) => look.from <= i && i < look.to && met.has(look.form))).length;
    let score = result.score * (covered / slots.length) ** 1.5;
    if (verbatim.length > 2 && `${passage.title} ${passage.text}`.toLowerCase().includes(verbatim)) score *= 1.4;
    if ([...asked].every((form) => passage.names.includes(form))) score *= asked.size >= passage.names.length ? 2 : 1.4;
    if (pairs.length) { // words that stand side by side in the query, and here
      passage.flow ??= ` ${tokens(`${passage.title} . ${passage.text}`).join(" ")} `;
      score *= 1 + 0.5 * pairs.filter((pair) => passage.flow.includes(pair)).length / pairs.length;
    }
    return { ...passage, score, forms: new Set(result.terms) };
  });
  ranked.sort((one, other) => other.score - one.score);
  return ranked.slice(0, LIMIT);
};

// Loading: a script a page, the page at hand first; results improve as they arrive.
let heard = () => {};
const load = (name) => new Promise((resolve, reject) => {
  const script = document.createElement("script");
  script.src = new URL(`_static/search/${name}`, base).href;
  script.addEventListener("load", () => { heard(); resolve(); });
  script.addEventListener("error", () => reject(new Error(`${script.src} did not load`)));
  document.head.append(script);
});
let whole;
const ready = () => {
  whole ??= Promise.allSettled(PAGES.map(load)).then((all) => all.filter((one) => one.status === "rejected").length);
  return whole;
};
window.bookSearch = { page: add, find, ready };
