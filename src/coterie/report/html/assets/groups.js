// The list of groups: find, sort, open, show on the map.
"use strict";
document.querySelectorAll(".groups").forEach((block) => {
  const list = block.querySelector(".groups-list");
  const groups = [...list.querySelectorAll(".group")];
  const [find, sort] = [block.querySelector(".groups-bar input"), block.querySelector(".groups-bar select")];
  const openAll = block.querySelector(".open-all");
  const found = block.querySelector(".groups-bar output");
  const limit = Number(block.dataset.limit);
  const texts = new Map(groups.map((group) => [group, group.textContent.toLowerCase()]));
  const childrenOf = (name) => groups.filter((group) => group.dataset.parent === name);
  let everything = groups.length <= limit;

  const more = document.createElement("button");
  more.type = "button";
  more.className = "show-all";
  const count = groups.filter((group) => !group.classList.contains("parent")).length;
  more.textContent = `Show all ${count.toLocaleString("en")} groups`;
  more.addEventListener("click", () => { everything = true; filter(); });
  list.after(more);

  function ordered(parent) {
    const key = sort.value;
    const compare = key === "name"
      ? (a, b) => a.dataset.name.localeCompare(b.dataset.name, undefined, { numeric: true })
      : (a, b) => b.dataset[key] - a.dataset[key] || b.dataset.size - a.dataset.size;
    return childrenOf(parent).sort(compare).flatMap((group) => [group, ...ordered(group.dataset.name)]);
  }

  function filter() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = new Set(groups.filter((group) => words.every((word) => texts.get(group).includes(word))));
    const shown = new Set(hits);
    for (const group of hits) {  // a group is shown under its parents
      for (let up = group; up; up = groups.find((other) => other.dataset.name === up.dataset.parent)) shown.add(up);
    }
    const cut = everything || words.length ? Infinity : limit;
    [...list.children].filter((group) => shown.has(group)).forEach((group, place) => group.classList.toggle("more", place >= cut));
    groups.forEach((group) => { group.hidden = !shown.has(group); });
    more.hidden = cut === Infinity;
    found.textContent = words.length ? `${hits.size.toLocaleString("en")} of ${groups.length.toLocaleString("en")} groups` : "";
  }

  sort.addEventListener("change", () => { list.append(...ordered("")); filter(); });
  find.addEventListener("input", filter);
  openAll.addEventListener("click", () => {
    const open = openAll.textContent === "Open all";
    groups.forEach((group) => { group.open = open; });
    openAll.textContent = open ? "Close all" : "Open all";
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest(".show-on-map");
    if (!button) return;
    const { name: group, partition } = button.closest(".group").dataset;
    document.dispatchEvent(new CustomEvent("coterie:show", { detail: { partition, group } }));
  });
  block.querySelector(".groups-bar").hidden = false;
  filter();
});
