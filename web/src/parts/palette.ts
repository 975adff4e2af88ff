/** Colours for groups and values: those of the HTML reports (coterie.report.palette), slot by slot. */

/** Each slot's colour on a light and on a dark page. */
export const COLOURS: readonly (readonly [string, string])[] = [
  ["#276ed2", "#5d9efe"], ["#dc701c", "#ffa05e"], ["#009585", "#57c2b1"], ["#ca3056", "#fa6b84"], ["#6941a1", "#9673cf"],
  ["#5c9c43", "#8bc976"], ["#299fcd", "#6acbf7"], ["#825023", "#b18057"], ["#a78917", "#d2b65b"], ["#c867af", "#f497da"],
  ["#991469", "#cb5598"], ["#3f8bf8", "#73b9ff"], ["#7b5d9b", "#a88bc8"], ["#1244d0", "#457cfe"], ["#077f68", "#55ad96"],
  ["#b45c08", "#e28c51"], ["#df5489", "#ff87b5"], ["#3a85d3", "#6fb3fe"], ["#3069f6", "#619cff"], ["#664884", "#9477b2"],
  ["#2091a8", "#63bdd4"], ["#863e49", "#b66e77"], ["#7359b5", "#9f89e2"], ["#2e8132", "#65af65"], ["#416781", "#7195af"],
  ["#ce61ee", "#f994ff"], ["#4a9469", "#7dc096"], ["#7719b6", "#a55ce4"], ["#ef5f87", "#ff92b3"], ["#3593dc", "#6ec0ff"],
  ["#f36451", "#ff9682"], ["#7b6bac", "#a799d9"], ["#5a6943", "#889772"], ["#3b6e60", "#6c9b8d"], ["#2a8a6c", "#66b799"],
  ["#2e7ac7", "#65a8f2"], ["#a14783", "#d078b0"], ["#669d66", "#95c994"], ["#614ce5", "#8a83ff"], ["#065cc6", "#4a8ff3"],
  ["#ab4e0c", "#da7f4f"], ["#607450", "#8ea27e"], ["#986193", "#c58fc0"], ["#b22316", "#e36150"], ["#b455be", "#e187e9"],
  ["#609996", "#90c5c2"], ["#7d469b", "#aa77c9"], ["#389ab9", "#71c7e3"], ["#db1643", "#ff6273"], ["#806ae6", "#ab9bff"],
  ["#305f72", "#628da1"], ["#e961a0", "#ff93cb"], ["#874035", "#b77065"], ["#6c8f4e", "#99bb7e"], ["#7c3cb1", "#a971df"],
  ["#df59d7", "#ff8dff"], ["#346c72", "#679aa0"], ["#139498", "#5fc1c4"], ["#da66c2", "#ff97ec"], ["#33588f", "#6387bd"],
  ["#805bd5", "#ab8dff"], ["#744a57", "#a37985"], ["#4945db", "#737dff"], ["#e65846", "#ff8b77"], ["#7d4b05", "#ac7b47"],
  ["#c83a67", "#f77294"], ["#5d67a6", "#8a95d3"], ["#972e92", "#c666bf"], ["#888739", "#b4b36d"], ["#a25e82", "#d08dae"],
  ["#d56858", "#ff9887"], ["#6526c3", "#9065f1"], ["#89588d", "#b787ba"], ["#a33b2e", "#d36f60"], ["#7230a5", "#9f67d4"],
  ["#e93120", "#ff715c"], ["#618e77", "#90baa4"], ["#5e67df", "#8a98ff"], ["#06a772", "#60d2a0"], ["#ae482d", "#dd7b60"],
  ["#c02ca7", "#ee6ad4"], ["#496c50", "#789a7e"], ["#ec6094", "#ff92bf"], ["#f15f7a", "#ff92a7"], ["#9633c6", "#c36df3"],
  ["#287e5b", "#62ac89"], ["#d75de3", "#ff90ff"], ["#be44ca", "#eb7bf6"], ["#4f95c4", "#81c1ee"], ["#66998a", "#95c5b6"],
  ["#975377", "#c583a4"], ["#b9562c", "#e78761"], ["#8b24ba", "#b963e7"], ["#c85a62", "#f58b90"], ["#2c9daf", "#6bc9d9"],
  ["#9e5549", "#cd8478"], ["#e064b7", "#ff95e1"], ["#69823d", "#96af6f"], ["#c565f8", "#ef98ff"], ["#f43a69", "#ff7796"],
  ["#f13b79", "#ff77a5"], ["#5862bc", "#8592e9"], ["#6097a1", "#90c3cd"], ["#cf4989", "#fd7db6"], ["#ab6993", "#d897bf"],
  ["#8b496c", "#ba799a"], ["#328db1", "#6bbadd"], ["#429913", "#76c659"], ["#d337a6", "#ff72d2"], ["#f3625f", "#ff948e"],
  ["#924b38", "#c17c69"], ["#834fe9", "#ae84ff"], ["#973023", "#c86556"], ["#266739", "#5c9668"], ["#f26641", "#ff9975"],
  ["#af5ef4", "#d991ff"], ["#9462dc", "#bf93ff"], ["#d671a7", "#ffa0d2"], ["#a1287e", "#d161ac"], ["#9a50c2", "#c782ee"],
  ["#2b635d", "#5f918b"], ["#555bd2", "#808dff"], ["#ac205e", "#dd5d8c"], ["#686612", "#95944f"], ["#f6412e", "#ff7c66"],
  ["#6f447c", "#9d74aa"], ["#ae1e52", "#e05d81"], ["#d94b3a", "#ff816d"], ["#34a83b", "#70d471"], ["#6872eb", "#93a2ff"],
];

/** Give the colour of a slot for both themes, to set as the custom property `--c`. */
export function slotColour(slot: number | null | undefined): string | undefined {
  const pair = slot === null || slot === undefined ? undefined : COLOURS[slot % COLOURS.length];
  return pair && `light-dark(${pair[0]}, ${pair[1]})`;
}

/** Give the style that sets `--c` to the colour of a slot; none leaves the grey of the page. */
export function inSlot(slot: number | null | undefined): Record<string, string> {
  const colour = slotColour(slot);
  return colour ? { "--c": colour } : {};
}
