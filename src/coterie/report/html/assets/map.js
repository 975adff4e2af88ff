// The map of rows: view, colours, names, picking, legend, search.
"use strict";
(() => {
  const { element, swatch } = CoterieLegend;
  const CELLS = 128;            // the picking grid is CELLS x CELLS
  const FADED = 0.06;           // opacity of points that are not asked for
  const SHADE = 0.3;            // opacity of the densest place, where a sample is drawn
  const count = (n) => n.toLocaleString("en");

  function unpack(text, Kind) {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return new Kind(bytes.buffer);
  }

  // Points by the cell of a grid they lie in, to find the one under the pointer.
  function gridOf(places, n) {
    const cellOf = (i) => Math.min(CELLS - 1, places[2 * i] * CELLS | 0) + CELLS * Math.min(CELLS - 1, places[2 * i + 1] * CELLS | 0);
    const starts = new Uint32Array(CELLS * CELLS + 1);
    for (let i = 0; i < n; i++) starts[cellOf(i) + 1]++;
    for (let c = 0; c < CELLS * CELLS; c++) starts[c + 1] += starts[c];
    const members = new Uint32Array(n), next = starts.slice();
    for (let i = 0; i < n; i++) members[next[cellOf(i)]++] = i;
    const cell = (v) => Math.max(0, Math.min(CELLS - 1, Math.floor(v * CELLS)));
    return (x, y, reach, wanted) => {
      let best = -1, nearest = reach * reach;
      for (let row = cell(y - reach); row <= cell(y + reach); row++) {
        for (let at = starts[row * CELLS + cell(x - reach)]; at < starts[row * CELLS + cell(x + reach) + 1]; at++) {
          const i = members[at];
          const gap = (places[2 * i] - x) ** 2 + (places[2 * i + 1] - y) ** 2;
          if (gap < nearest && wanted[i]) { nearest = gap; best = i; }
        }
      }
      return best;
    };
  }

  function start(figure) {
    const find = (selector) => figure.querySelector(selector);
    const data = JSON.parse(document.getElementById(`${figure.id}-data`).textContent);
    const { n, texts } = data;
    const places = Float32Array.from(unpack(data.points, Uint16Array), (step, i) => i % 2 ? 1 - step / 65535 : step / 65535);
    const codes = data.partitions.map((partition) => unpack(partition.codes, Int16Array));
    const statuses = data.statuses && unpack(data.statuses.codes, Uint8Array);
    const confidence = data.confidence && unpack(data.confidence, Uint8Array);
    const nearest = gridOf(places, n);

    const stage = find(".map-stage"), card = find(".map-card"), found = find(".map-found");
    const names = find(".map-names").getContext("2d");
    const legend = CoterieLegend.legend(figure, () => recolour());
    const base = n > 20000 ? 1.5 : n > 5000 ? 2 : n > 1000 ? 3 : 4;
    let width = 0, height = 0, ratio = 1;
    let view = { x: 0, y: 0, k: 1 }, home = view;
    let current = 0;                          // index of the partition shown
    let matches = null;                       // per point, whether the search finds it
    const wanted = new Uint8Array(n).fill(1); // per point, whether it is drawn in colour
    let hits = [];                            // points that the search finds, by code + 1
    let hovered = -1, pinned = -1;
    let theme = {};

    const points = CoteriePoints(find(".map-points"), places);

    // ---- view: a place p in 0..1 is drawn at p * k + (x, y)

    const radius = () => Math.min(7, base * (view.k / home.k) ** 0.45);
    const atHome = () => Math.abs(view.k / home.k - 1) < 0.02 && Math.hypot(view.x - home.x, view.y - home.y) < 4;

    function fitted([left, top, right, bottom], deepest = Infinity) {
      const k = Math.min((width - 70) / Math.max(right - left, 1e-6), (height - 60) / Math.max(bottom - top, 1e-6), deepest);
      return { k, x: width / 2 - (left + right) / 2 * k, y: height / 2 - (top + bottom) / 2 * k };
    }

    function box(indices) {
      if (!indices.length) return [0, 0, 1, 1];
      const ends = (axis, trim) => {
        const sorted = Float32Array.from(indices, (i) => places[2 * i + axis]).sort();
        const cut = Math.floor(sorted.length * trim);
        return [sorted[cut], sorted[sorted.length - 1 - cut]];
      };
      const trim = indices.length === n ? 0 : 0.02;
      const [left, right] = ends(0, trim), [top, bottom] = ends(1, trim);
      return [left, top, right, bottom];
    }
    const everything = box(Uint32Array.from({ length: n }, (_, i) => i));

    function zoom(factor, cx = width / 2, cy = height / 2) {
      const k = Math.max(home.k * 0.7, Math.min(home.k * 250, view.k * factor));
      const f = k / view.k;
      look({ k, x: cx - (cx - view.x) * f, y: cy - (cy - view.y) * f });
    }

    function look(next) {
      view = next;
      stage.classList.toggle("zoomed", !atHome());
      redraw();
    }

    let flight = 0;
    function fly(target) {
      const from = view, begin = performance.now(), mine = ++flight;
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) { look(target); return; }
      const middle = (v) => [(width / 2 - v.x) / v.k, (height / 2 - v.y) / v.k];
      const [ax, ay] = middle(from), [bx, by] = middle(target);
      const step = (now) => {
        if (mine !== flight) return;
        const t = Math.min(1, (now - begin) / 420), e = t * t * (3 - 2 * t);
        const k = from.k * (target.k / from.k) ** e;
        // the centre moves as fast as it seems at the zoom of the moment
        const share = from.k === target.k ? e : (1 / from.k - 1 / k) / (1 / from.k - 1 / target.k);
        look({ k, x: width / 2 - (ax + (bx - ax) * share) * k, y: height / 2 - (ay + (by - ay) * share) * k });
        if (t < 1) requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    }

    // ---- drawing

    let pending = 0;
    function redraw() { pending ||= requestAnimationFrame(draw); }

    function draw() {
      cancelAnimationFrame(pending);
      pending = 0;
      if (!width) return;  // not laid out yet
      points.draw(view, radius());
      names.setTransform(ratio, 0, 0, ratio, 0, 0);
      names.clearRect(0, 0, width, height);
      if (shade) names.drawImage(shade, view.x, view.y, view.k, view.k);
      drawNames();
      const marked = hovered >= 0 ? hovered : pinned;
      if (marked >= 0) ring(marked);
      placeCard(marked);
    }

    function ring(i) {
      const [x, y] = screen(i);
      names.beginPath();
      names.arc(x, y, radius() + 4, 0, 2 * Math.PI);
      names.lineWidth = 2;
      names.strokeStyle = theme.ink;
      names.stroke();
    }

    const screen = (i) => [places[2 * i] * view.k + view.x, places[2 * i + 1] * view.k + view.y];

    // The largest groups get their names first; one that would overlap waits for more room.
    function drawNames() {
      const taken = [[width - 52, 0, width, 126]];  // the buttons
      names.textAlign = "center";
      names.textBaseline = "middle";
      names.lineJoin = "round";
      for (const label of labels) {
        if (!hits[label.code + 1] || !legend.shows(label.code)) continue;
        const x = label.x * view.k + view.x, y = label.y * view.k + view.y;
        if (x < 0 || y < 0 || x > width || y > height) continue;
        names.font = label.font;
        label.width ||= names.measureText(label.text).width;
        const w = label.width / 2 + 5, h = 11;
        if (2 * w > width) continue;
        const cx = Math.max(w + 2, Math.min(width - w - 2, x));
        const spot = [cx - w, y - h, cx + w, y + h];
        if (taken.some((t) => spot[0] < t[2] && spot[2] > t[0] && spot[1] < t[3] && spot[3] > t[1])) continue;
        taken.push(spot);
        names.lineWidth = 4;
        names.strokeStyle = theme.halo;
        names.strokeText(label.text, cx, y);
        names.fillStyle = theme.ink;
        names.fillText(label.text, cx, y);
      }
      stage.dataset.names = taken.length - 1;
    }

    let labels = [];
    function relabel() {
      const { groups } = data.partitions[current];
      const family = getComputedStyle(figure).fontFamily;
      const largest = Math.max(1, ...groups.map((group) => group.size));
      labels = groups
        .map((group, code) => ({ group, code }))
        .filter(({ group }) => group.size && group.named)
        .sort((a, b) => b.group.size - a.group.size)
        .map(({ group, code }) => ({
          code,
          x: group.at[0],
          y: 1 - group.at[1],
          text: group.name.length > 32 ? `${group.name.slice(0, 31)}…` : group.name,
          font: `640 ${(11.5 + 3 * Math.sqrt(group.size / largest)).toFixed(1)}px ${family}`,
          width: 0,
        }));
    }

    // A picture of where all rows lie, stretched over the square of the places.
    let shade = null;
    function paintShade() {
      if (!data.density) return;
      const { cells } = data.density, levels = unpack(data.density.shade, Uint8Array);
      const picture = new ImageData(cells, cells);
      const [r, g, b] = theme.ink.match(/[\d.]+/g).map(Number);
      for (let x = 0; x < cells; x++) {
        for (let y = 0; y < cells; y++) {
          picture.data.set([r, g, b, SHADE * levels[x * cells + y]], 4 * ((cells - 1 - y) * cells + x));
        }
      }
      shade = element("canvas", { width: cells, height: cells });
      shade.getContext("2d").putImageData(picture, 0, 0);
    }

    // ---- colours

    function readTheme() {
      const probe = element("i");
      figure.append(probe);
      const read = (value) => {
        probe.style.color = value;
        return getComputedStyle(probe).color;
      };
      const word = (colour, alpha) => {
        const [r, g, b] = colour.match(/[\d.]+/g).map(Number);
        return ((Math.round(alpha * 255) << 24) | (b << 16) | (g << 8) | r) >>> 0;
      };
      theme = { ink: read("var(--ink)"), halo: getComputedStyle(stage).backgroundColor };
      theme.ground = word(theme.halo, 1);
      theme.grey = word(read("var(--edge)"), 0.45);
      theme.faded = word(read("var(--edge)"), FADED);
      theme.slots = data.partitions.map((partition) => partition.groups.map((group) => {
        probe.className = `c${group.slot}`;
        return word(read("var(--c)"), 0.78);
      }));
      probe.remove();
      paintShade();
    }

    function recolour() {
      const words = new Uint32Array(n), order = new Uint32Array(n);
      const mine = codes[current], colours = theme.slots[current];
      let inColour = 0;
      hits = new Uint32Array(data.partitions[current].groups.length + 1);
      for (let i = 0; i < n; i++) {
        const hit = !matches || matches[i];
        wanted[i] = hit && legend.shows(mine[i]) ? 1 : 0;
        words[i] = !wanted[i] ? theme.faded : mine[i] < 0 ? theme.grey : colours[mine[i]];
        inColour += wanted[i];
        if (hit) hits[mine[i] + 1]++;
      }
      for (let i = 0, below = 0, above = n - inColour; i < n; i++) order[wanted[i] ? above++ : below++] = i;
      points.paint(new Uint8Array(words.buffer), order, theme.ground);
      stage.dataset.shown = inColour;
      legend.recount(hits, matches !== null);
      if (hovered >= 0 && !wanted[hovered]) hovered = -1;
      if (pinned >= 0 && !wanted[pinned]) pinned = -1;
      redraw();
    }

    // ---- the card of a row

    function fillCard(i) {
      const lines = element("dl");
      const line = (name, ...value) => lines.append(element("dt", {}, name), element("dd", {}, ...value));
      data.partitions.forEach((partition, p) => {
        const group = partition.groups[codes[p][i]];
        line(partition.name, swatch(group ? `c${group.slot}` : ""), group ? group.name : partition.none);
      });
      if (statuses) line("Status", data.statuses.names[statuses[i]]);
      if (confidence) line("Confidence", `${confidence[i]}%`);
      if (data.ids) line("Id", data.ids[i]);
      card.replaceChildren(element("blockquote", {}, texts[i]), lines);
    }

    let carded = -1;
    function placeCard(i) {
      card.hidden = i < 0;
      if (i < 0) { carded = -1; return; }
      if (carded !== i) fillCard(i);
      carded = i;
      const [x, y] = screen(i), gap = 14;
      const left = x + gap + card.offsetWidth < width ? x + gap : x - gap - card.offsetWidth;
      const top = Math.max(8, Math.min(height - card.offsetHeight - 8, y - card.offsetHeight / 2));
      card.style.transform = `translate(${Math.max(8, Math.min(width - card.offsetWidth - 8, left))}px, ${top}px)`;
    }

    function hover(i) {
      if (i === hovered) return;
      hovered = i;
      stage.classList.toggle("over", i >= 0);
      redraw();
    }

    const pick = (x, y, reach) => nearest((x - view.x) / view.k, (y - view.y) / view.k, reach / view.k, wanted);

    // ---- pointer, wheel, keys

    const fingers = new Map();
    let travelled = 0;
    const local = (event) => {
      const frame = stage.getBoundingClientRect();
      return { x: event.clientX - frame.left, y: event.clientY - frame.top };
    };

    stage.addEventListener("pointerdown", (event) => {
      if (event.target.closest("button") || event.button) return;
      flight++;
      if (!fingers.size) travelled = 0;
      fingers.set(event.pointerId, local(event));
      stage.setPointerCapture(event.pointerId);
      stage.classList.add("dragging");
    });

    stage.addEventListener("pointermove", (event) => {
      const now = local(event), before = fingers.get(event.pointerId);
      if (!before) {
        if (event.pointerType === "mouse" && !event.target.closest("button")) hover(pick(now.x, now.y, 10));
        return;
      }
      travelled += Math.hypot(now.x - before.x, now.y - before.y);
      const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      if (!others.length) {
        if (travelled > 4) { hover(-1); look({ ...view, x: view.x + now.x - before.x, y: view.y + now.y - before.y }); }
      } else {
        const [other] = others;
        const stretch = Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
        look({ ...view, x: view.x + (now.x - before.x) / 2, y: view.y + (now.y - before.y) / 2 });
        zoom(stretch, (now.x + other.x) / 2, (now.y + other.y) / 2);
      }
      fingers.set(event.pointerId, now);
    });

    function lifted(event) {
      const at = fingers.get(event.pointerId);
      if (!fingers.delete(event.pointerId)) return;
      if (!fingers.size) stage.classList.remove("dragging");
      if (event.type === "pointerup" && travelled <= 4) {
        const hit = pick(at.x, at.y, event.pointerType === "mouse" ? 10 : 26);
        pinned = hit === pinned ? -1 : hit;
        redraw();
      }
    }
    stage.addEventListener("pointerup", lifted);
    stage.addEventListener("pointercancel", lifted);
    stage.addEventListener("pointerleave", () => hover(-1));
    stage.addEventListener("dblclick", (event) => {
      if (event.target.closest("button")) return;
      const { x, y } = local(event);
      const k = Math.min(home.k * 250, view.k * 2.2), f = k / view.k;
      fly({ k, x: x - (x - view.x) * f, y: y - (y - view.y) * f });
    });

    // a wheel that is scrolling the page past the map goes on doing so
    let scrolled = -Infinity;
    addEventListener("scroll", () => { scrolled = performance.now(); }, { passive: true });
    stage.addEventListener("wheel", (event) => {
      const out = event.deltaY > 0 && view.k <= home.k * 0.71;
      if (performance.now() - scrolled < 250 || out) return;
      event.preventDefault();
      flight++;
      const { x, y } = local(event);
      const pixels = event.deltaY * (event.deltaMode === 1 ? 18 : 1);
      zoom(Math.exp(-Math.max(-180, Math.min(180, pixels)) * (event.ctrlKey ? 0.01 : 0.0022)), x, y);
      hover(pick(x, y, 10));
    }, { passive: false });

    const reset = () => fly(home);
    const actions = { in: () => zoom(1.6), out: () => zoom(1 / 1.6), reset };
    find(".map-tools").addEventListener("click", (event) => actions[event.target.closest("button")?.dataset.do]?.());

    const keys = {
      ArrowLeft: () => look({ ...view, x: view.x + 60 }),
      ArrowRight: () => look({ ...view, x: view.x - 60 }),
      ArrowUp: () => look({ ...view, y: view.y + 60 }),
      ArrowDown: () => look({ ...view, y: view.y - 60 }),
      "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), 0: () => look(home),
    };
    stage.addEventListener("keydown", (event) => {
      if (event.target !== stage || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") { pinned = -1; hover(-1); legend.select(new Set()); return; }
      if (!keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
      pinned = pick(width / 2, height / 2, 60);  // the row nearest the middle is read out
      redraw();
    });

    // ---- partitions and search

    function show(index) {
      current = index;
      menu.value = index;
      relabel();
      legend.show(data.partitions[index]);
    }

    const menu = find(".map-partition");
    data.partitions.forEach((partition, i) => menu.append(element("option", { value: i }, partition.name)));
    menu.addEventListener("change", () => show(Number(menu.value)));
    menu.closest("label").hidden = data.partitions.length < 2;

    let lowered = null, waiting = 0;
    const searchBox = find(".map-search input");
    function search() {
      const words = searchBox.value.toLowerCase().split(/\s+/).filter(Boolean);
      lowered ||= texts.map((text) => text.toLowerCase());
      matches = words.length ? Uint8Array.from(lowered, (text) => words.every((word) => text.includes(word))) : null;
      const hits = matches ? matches.reduce((sum, one) => sum + one, 0) : 0;
      found.textContent = matches ? `${count(hits)} of ${count(n)} texts match` : "";
      recolour();
    }
    searchBox.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
    searchBox.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !matches) return;
      const hits = [...matches.keys()].filter((i) => matches[i]);
      if (hits.length) fly(fitted(box(hits), home.k * 20));
    });

    document.addEventListener("coterie:show", ({ detail }) => {
      const index = data.partitions.findIndex((partition) => partition.name === detail.partition);
      const code = index < 0 ? -1 : data.partitions[index].groups.findIndex((group) => group.name === detail.group);
      if (code < 0) return;
      show(index);
      legend.select(new Set([code]));
      figure.scrollIntoView({ block: "start" });
      stage.focus({ preventScroll: true });
      const mine = [...codes[index].keys()].filter((i) => codes[index][i] === code);
      if (mine.length) fly(fitted(box(mine), home.k * 8));
    });

    // ---- life

    document.addEventListener("coterie:theme", () => { readTheme(); recolour(); draw(); });
    new ResizeObserver(() => {
      if (!stage.clientWidth) return;
      const stay = atHome() || !width, middle = [(width / 2 - view.x) / view.k, (height / 2 - view.y) / view.k];
      [width, height, ratio] = [stage.clientWidth, stage.clientHeight, Math.min(2, devicePixelRatio || 1)];
      names.canvas.width = Math.round(width * ratio);
      names.canvas.height = Math.round(height * ratio);
      points.resize(width, height, ratio);
      home = fitted(everything);
      view = stay ? home : { k: view.k, x: width / 2 - middle[0] * view.k, y: height / 2 - middle[1] * view.k };
      draw();
    }).observe(stage);

    readTheme();
    show(0);
    figure.coterie = { screen, draw, get view() { return view; } };  // for tests and the curious
  }

  document.querySelectorAll("figure.map").forEach(start);
})();
