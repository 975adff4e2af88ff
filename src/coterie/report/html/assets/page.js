// The page itself: theme, contents, tables, tooltips. Nothing here is needed to read it.
"use strict";
(() => {
  const root = document.documentElement;

  // theme: the system's until a reader chooses
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  const remember = (theme) => { try { localStorage.setItem("coterie-theme", theme); } catch { /* private window */ } };
  const recall = () => { try { return localStorage.getItem("coterie-theme"); } catch { return null; } };
  function themed() {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to the ${isDark() ? "light" : "dark"} theme`);
    document.dispatchEvent(new CustomEvent("coterie:theme"));
  }
  if (["light", "dark"].includes(recall())) root.dataset.theme = recall();
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember(root.dataset.theme);
    themed();
  });
  system.addEventListener("change", themed);
  themed();

  // contents: mark the section that is read
  const links = new Map([...document.querySelectorAll(".contents a")].map((a) => [a.hash.slice(1), a]));
  const inView = new Set();
  const spy = new IntersectionObserver((entries) => {
    for (const entry of entries) inView[entry.isIntersecting ? "add" : "delete"](entry.target.id);
    const current = [...links.keys()].find((id) => inView.has(id));
    if (!current) return;
    for (const [id, link] of links) {
      if (id === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    const bar = links.get(current).closest("nav");
    if (bar.scrollWidth > bar.clientWidth) bar.scrollLeft = links.get(current).offsetLeft - 40;
  }, { rootMargin: "-15% 0px -60% 0px" });
  document.querySelectorAll("main > section").forEach((section) => spy.observe(section));

  // tables: a click on a heading sorts; numbers first go down
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  document.querySelectorAll("table.sortable th").forEach((head) => head.addEventListener("click", () => {
    const body = head.closest("table").tBodies[0];
    const numeric = head.classList.contains("number");
    const rising = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "descending" : !numeric;
    const key = (row) => {
      const cell = row.cells[head.cellIndex];
      return numeric ? (cell.dataset.sort === undefined ? NaN : Number(cell.dataset.sort)) : cell.textContent;
    };
    const order = numeric
      ? (a, b) => (Number.isNaN(a) - Number.isNaN(b)) || (rising ? a - b : b - a)
      : (a, b) => (rising ? 1 : -1) * collator.compare(a, b);
    const rows = [...body.rows].map((row) => [key(row), row]).sort((a, b) => order(a[0], b[0]));
    const shown = [...body.rows].filter((row) => !row.classList.contains("more")).length;
    rows.forEach(([, row], place) => row.classList.toggle("more", place >= shown));
    body.append(...rows.map(([, row]) => row));
    for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", rising ? "ascending" : "descending");
  }));

  document.querySelectorAll(".show-all").forEach((show) => show.addEventListener("click", () => {
    document.getElementById(show.dataset.target).classList.add("expanded");
    show.remove();
  }));

  // what is wider than the page fades where it goes on, and says so
  document.querySelectorAll(".scroll").forEach((box) => {
    const said = document.createElement("p");
    said.className = "scroll-hint";
    said.textContent = "Scroll sideways to see all columns →";
    said.hidden = true;
    box.after(said);
    const look = () => {
      said.hidden = box.scrollWidth <= box.clientWidth + 1;
      box.classList.toggle("cut", box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
    };
    box.addEventListener("scroll", look, { passive: true });
    new ResizeObserver(look).observe(box);
  });

  // tooltips: an SVG <title>, at once and by touch too
  const tip = document.getElementById("tip");
  function hint(event) {
    const shape = event.target.closest?.("svg [data-tip], svg :has(> title)");
    if (!shape) { tip.hidden = true; return; }
    const title = shape.querySelector(":scope > title");
    if (title) {
      shape.dataset.tip = title.textContent;
      shape.setAttribute("aria-label", title.textContent);
      title.remove();
    }
    tip.textContent = shape.dataset.tip;
    tip.hidden = false;
    const { clientX: x, clientY: y } = event;
    tip.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${y + tip.offsetHeight + 24 > innerHeight ? y - tip.offsetHeight - 12 : y + 18}px`;
  }
  document.addEventListener("pointermove", hint);
  document.addEventListener("pointerdown", hint);
  document.addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });

  // on paper everything is light and open
  let screenTheme;
  addEventListener("beforeprint", () => {
    screenTheme = root.dataset.theme;
    root.dataset.theme = "light";
    themed();
    document.querySelectorAll("details:not([open])").forEach((d) => { d.open = true; d.dataset.forPrint = ""; });
  });
  addEventListener("afterprint", () => {
    if (screenTheme) root.dataset.theme = screenTheme;
    else delete root.dataset.theme;
    themed();
    document.querySelectorAll("details[data-for-print]").forEach((d) => { d.open = false; delete d.dataset.forPrint; });
  });
})();
