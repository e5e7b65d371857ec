// Break what does not fit on a slide into further slides below it, then start reveal.js.
// A notebook does not know how tall its cells become, so they are measured here, at 1280 x 720. reveal.js scales the
// whole, so the pages are the same on every screen. The words: a *piece* is a paragraph, a list, a cell's code, a
// printed output, a figure or a table; the pieces of a cell stay together where one page has room for them.
const LINE = 1184, TOP = 32, ROOM = 640;            // of 1280 x 720, inside the margins of deck.css
const SHARE = 0.75, HEIGHT = 470;                   // a figure is drawn at least so wide, or at least so high
const reveal = document.querySelector(".reveal");

function make(tag, name, ...inside) {
  const made = Object.assign(document.createElement(tag), { className: name });
  made.append(...inside);
  return made;
}

function piecesOf(node) {
  if (node.nodeName === "DIV") return [...node.childNodes].flatMap(piecesOf);
  if (node.nodeType === Node.TEXT_NODE) return node.textContent.trim() ? [make("p", "", node)] : [];
  if (node.nodeType !== Node.ELEMENT_NODE || ["STYLE", "SCRIPT"].includes(node.nodeName)) return [];
  return [node.nodeName === "IMG" ? make("div", "figure", node) : node];
}

// `step` counts the clicks: 0 comes with the slide.
function cellsOf(slide) {
  const steps = [...slide.querySelectorAll(".fragment")];
  return [...slide.querySelectorAll(".jp-Cell")].map(cell => {
    const step = steps.indexOf(cell.closest(".fragment")) + 1, isCode = cell.matches(".jp-CodeCell");
    return piecesOf(cell).map(piece => ({ piece, step, isCode, isOutput: isCode && !piece.matches(".code") }));
  });
}

const isHeading = piece => /^H[1-6]$/.test(piece.nodeName);
const leadsOn = piece => isHeading(piece) || (piece.nodeName === "P" && /:\s*$/.test(piece.textContent));

class Page {
  constructor(stack, running, parts) {
    this.section = stack.appendChild(make("section", "page"));
    if (running) this.section.append(make("p", "running", `${running} (continued)`));
    this.parts = [];
    this.add(parts);
  }

  add(parts) {
    for (const { piece } of parts) {
      this.section.append(piece);
      if (piece.scrollWidth > LINE) piece.classList.add("tight");
    }
    this.parts.push(...parts);
  }

  remove(count) {
    const removed = this.parts.splice(this.parts.length - count);
    removed.forEach(({ piece }) => piece.remove());
    return removed;
  }

  // Pixels that are left below the last piece, the figures drawn at a share of the way from smallest to largest.
  left(share = 0) {
    for (const { piece } of this.parts) {
      if (!piece.matches(".figure")) continue;
      const image = piece.firstChild, ratio = image.naturalHeight / image.naturalWidth || 1;
      const largest = Math.min(LINE, ROOM / ratio), smallest = Math.min(largest, SHARE * LINE, HEIGHT / ratio);
      image.style.width = `${smallest + share * (largest - smallest)}px`;
    }
    const bottom = this.section.lastElementChild?.getBoundingClientRect().bottom ?? 0;
    return bottom ? ROOM + TOP - (bottom - this.section.getBoundingClientRect().top) : ROOM;
  }

  holds(parts) {
    this.add(parts);
    if (this.left() >= 0) return true;
    this.remove(parts.length);
    return false;
  }

  // Larger type where the page has room for it: for code, unless a further line would wrap, or for words alone.
  enlarge(share) {
    const lines = [...this.section.querySelectorAll(".line")];
    const rows = size => {
      this.section.style.setProperty("--code", `${size}px`);
      return lines.reduce((sum, line) => sum + Math.round(line.offsetHeight / (1.3 * size)), 0);
    };
    const least = rows(18);
    [24, 22, 20, 18].find(size => rows(size) === least && this.left(share) >= 0);
    if (lines.length || this.section.querySelector("pre, table, :scope > .figure")) return;
    [34, 32, 30, 28, 26].find(size => {
      this.section.style.setProperty("--text", `${size}px`);
      return this.left() >= 0;
    });
  }

  // Words about a figure that had to stay on the page before get it beside them once more, smaller, if all fits.
  repeatFigure() {
    const pieces = this.parts.map(({ piece }) => piece), words = make("div", "words");
    if (!this.before || pieces.some(piece => piece.matches("pre, table, .figure"))) return this.section;
    const copy = Object.assign(this.before.cloneNode(), { style: "", alt: "" });
    const pair = make("div", "pair", make("div", "figure", copy), words);
    words.append(...pieces);
    this.section.append(pair);
    if (this.left() >= 0 && words.scrollWidth <= words.clientWidth) return words;
    pair.replaceWith(...pieces);
    return this.section;
  }

  finish(notes) {
    let share = 0;
    if (this.parts.some(({ piece }) => piece.matches(".figure")))
      for (let step = 0.5; step > 0.01; step /= 2) if (this.left(share + step) >= 0) share += step;
    const place = this.repeatFigure();
    this.enlarge(share);
    let group, before;
    for (const { piece, step } of this.parts) {   // the first group is no fragment: no page begins empty
      if (!group || step !== before) place.append(group = make("div", group && step ? "fragment" : ""));
      group.append(piece);
      before = step;
    }
    this.section.append(...notes.map(note => note.cloneNode(true)));
  }
}

// Lines, rows or items in parts of about equal height, at most `room` high; what cannot be parted is drawn smaller.
function partsOf(part, room) {
  const { piece } = part;
  const head = piece.querySelector("thead"), rowsIn = piece.querySelector("tbody") || piece;
  const rows = [...rowsIn.children], heights = rows.map(row => row.getBoundingClientRect().height + 6);
  const whole = piece.getBoundingClientRect().height, most = room - (head?.offsetHeight ?? 0) - 24;
  if (rows.length < 2 || !piece.matches("pre, table, ul, ol, blockquote") || Math.max(...heights) > most) {
    piece.style.zoom = Math.min(1, (room - 8) / whole);
    return [part];
  }
  // A column is as wide on the next page as on this one, and so a row is as high.
  for (const cell of head?.querySelectorAll("th") ?? []) cell.style.width = `${cell.getBoundingClientRect().width}px`;
  if (head) Object.assign(piece.style, { width: `${piece.offsetWidth}px`, tableLayout: "fixed" });
  const isCode = piece.matches(".code"), begins = row => /^[^\s)\]}]/.test(row.textContent);   // a statement
  const parts = [];
  let rest = heights.reduce((sum, height) => sum + height), even = 0, sum = Infinity, inside;
  rows.forEach((row, index) => {
    const height = heights[index];
    if (sum + height > most || (isCode ? sum >= 0.6 * even && begins(row) : sum + height / 2 > even)) {
      const clone = piece.cloneNode(false);
      if (head) clone.append(head.cloneNode(true));
      inside = rowsIn === piece ? clone : clone.appendChild(make("tbody", ""));
      if (piece.nodeName === "OL") clone.start = piece.start + index;
      parts.push({ ...part, piece: clone });
      even = rest / Math.ceil(rest / most);
      sum = 0;
    }
    inside.append(row);
    sum += height;
    rest -= height;
  });
  return parts;
}

let title = "";                                     // of the section, also where a stack begins without a heading

function paginate(stack) {
  let notes = [];
  for (const slide of [...stack.children]) {
    const own = [...slide.querySelectorAll("aside.notes")];
    for (const note of own) {
      note.remove();                                // the speaker's window would show a screen reader's formulas, too
      note.querySelectorAll("mjx-assistive-mml").forEach(copy => copy.remove());
    }
    if (own.length) notes = own;                    // they hold until others come
    let page = null, figure = null;
    const turn = first => {                         // a heading at the foot of a page goes with what follows
      const kept = [];
      while (page?.parts.length && leadsOn(page.parts.at(-1).piece)) kept.unshift(...page.remove(1));
      if (page?.parts.length) page.finish(notes);
      else page?.section.remove();
      page = new Page(stack, isHeading((kept[0] ?? first).piece) ? "" : title, kept);
    };
    const place = part => {
      if (page.holds([part])) return;
      turn(part);
      if (page.holds([part])) return;
      const room = page.left();
      page.add([part]);
      const parts = partsOf(part, room);
      page.remove(1);
      if (parts.length > 1) parts.forEach((one, index) => { if (index) turn(one); place(one); });
      else page.add(parts);
    };
    for (const cell of cellsOf(slide)) {
      if (!cell.length) continue;
      if (!page) turn(cell[0]);
      if (!page.holds(cell)) {
        // An explanation takes the output that it explains along to its page. What has no room there either is parted.
        let outputs = 0;
        while (!cell[0].isOutput && page.parts.at(-1 - outputs)?.isOutput) outputs += 1;
        const moved = page.remove(cell[0].piece.matches(".code, h1, h2, h3, h4") ? 0 : outputs);
        const fitting = [[...moved, ...cell], cell].find(parts => {
          const trial = new Page(stack, isHeading(parts[0].piece) ? "" : title || "…", []), fits = trial.holds(parts);
          trial.section.remove();
          return fits;
        });
        if (moved.length && fitting?.length !== moved.length + cell.length) page.add(moved);
        if (fitting) turn(fitting[0]);
        if (fitting === cell && !cell[0].isCode) page.before = figure;
        if (!fitting || !page.holds(fitting)) cell.forEach(place);
      }
      for (const { piece } of cell) if (isHeading(piece)) title = piece.textContent;
      figure = cell.findLast(({ piece }) => piece.matches(".figure"))?.piece.firstChild;
    }
    page?.finish(notes);
    slide.remove();
  }
  if (!stack.children.length) stack.remove();
}

const slideNumber = slide => {
  const { h, v } = Reveal.getIndices(slide);
  return [`${h + 1}.${(v ?? 0) + 1}`];
};

async function start() {
  await Promise.allSettled([...document.fonts].map(font => font.load()));
  await Promise.allSettled([...document.images].map(image => image.decode()));
  await MathJax.startup.promise;                    // the formulas of the page are set
  document.querySelectorAll(".slides > section").forEach(paginate);
  reveal.classList.remove("measuring");
  await Reveal.initialize({
    width: 1280, height: 720, margin: 0, maxScale: 4, center: false, hash: true, controls: false, progress: true,
    slideNumber, transition: "none", pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, plugins: [RevealNotes],
  });
}
start();
