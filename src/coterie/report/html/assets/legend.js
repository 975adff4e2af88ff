// The legend of a map: the groups of a partition; a click shows one alone, with Shift or Ctrl several.
"use strict";
const CoterieLegend = (() => {
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function swatch(slotClass) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const disc = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [key, value] of Object.entries({ cx: 6, cy: 6, r: 5 })) disc.setAttribute(key, value);
    svg.setAttribute("class", `swatch ${slotClass}`);
    svg.setAttribute("aria-hidden", "true");
    svg.append(disc);
    return svg;
  }

  // changed() is called when the selection has changed
  function legend(figure, changed) {
    const holder = figure.querySelector(".map-legend"), list = holder.querySelector("ul");
    const filter = holder.querySelector(".map-filter"), clear = holder.querySelector(".map-clear");
    let only = new Set();  // codes shown alone; empty for all

    function entry(code, name, size, slotClass) {
      const button = element("button", { type: "button", "data-code": code, "data-size": size, title: name },
        swatch(slotClass), element("span", {}, name), element("small"));
      return element("li", {}, button);
    }

    function show(partition) {
      const bySize = partition.groups.map((group, code) => ({ ...group, code })).sort((a, b) => b.size - a.size);
      const entries = bySize.map(({ code, name, size, slot }) => entry(code, name, size, `c${slot}`));
      if (partition.outside) entries.push(entry(-1, partition.none, partition.outside, ""));
      list.replaceChildren(...entries);
      holder.querySelector("strong").textContent = `${partition.name} (${bySize.length.toLocaleString("en")})`;
      filter.hidden = entries.length <= 14;
      filter.value = "";
      select(new Set());
    }

    function select(codes) {
      only = codes;
      clear.hidden = !only.size;
      holder.classList.toggle("isolating", only.size > 0);
      for (const button of list.querySelectorAll("button")) button.setAttribute("aria-pressed", only.has(Number(button.dataset.code)));
      if (only.size === 1) list.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest" });
      changed();
    }

    // beside each name stands its size, or while searching how many of its texts match
    function recount(hits, searching) {
      for (const button of list.querySelectorAll("button")) {
        const found = hits[Number(button.dataset.code) + 1];
        button.lastChild.textContent = (searching ? found : Number(button.dataset.size)).toLocaleString("en");
        button.classList.toggle("empty", !found);
      }
    }

    list.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const code = Number(button.dataset.code);
      const several = event.shiftKey || event.ctrlKey || event.metaKey;
      const next = new Set(several ? only : []);
      if (only.has(code) && (several || only.size === 1)) next.delete(code);
      else next.add(code);
      select(next);
    });
    clear.addEventListener("click", () => select(new Set()));
    filter.addEventListener("input", () => {
      const word = filter.value.toLowerCase();
      for (const item of list.children) item.hidden = !item.querySelector("span").textContent.toLowerCase().includes(word);
    });
    return { show, select, recount, shows: (code) => !only.size || only.has(code) };
  }
  return { legend, element, swatch };
})();
