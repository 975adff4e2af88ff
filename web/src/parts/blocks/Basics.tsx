/** Tiles, prose, notes, links and blocks side by side. */
import type { ComponentChildren } from "preact";
import type { LinksData, NoteData, ProseData, TilesData } from "../../api/page";
import type { Sheet } from "./sheet";

const OPTION = /(?<!\S)(--[a-z][a-z-]*)/;

/** Keep an option of the command line such as `--finer` on one line. */
export function Sentence({ text }: { text: string }) {
  const parts = text.split(OPTION);
  if (parts.length === 1) return <>{text}</>;
  return <>{parts.map((part, at) => (at % 2 ? <span class="option">{part}</span> : part))}</>;
}

/** Allow a line break after each sign within a name: those of columns and classes are long. */
export function Breakable({ text }: { text: string }) {
  const parts = text.split(/(?<=\w{3}[_/:])(?=\w{3})/);
  if (parts.length === 1) return <>{text}</>;
  return <>{parts.flatMap((part, at): ComponentChildren[] => (at ? [<wbr key={at} />, part] : [part]))}</>;
}

export function Tiles({ block }: { block: TilesData }) {
  return (
    <dl class="tiles">
      {block.tiles.map((tile) => (
        <div class="tile">
          <dt>{tile.label}</dt>
          <dd class="figure">{tile.text}</dd>
          {tile.note && <dd class="note">{tile.note}</dd>}
        </div>
      ))}
    </dl>
  );
}

export function Prose({ block }: { block: ProseData }) {
  return (
    <div class="prose">
      {block.paragraphs.map((paragraph) => (
        <p>
          <Sentence text={paragraph} />
        </p>
      ))}
    </div>
  );
}

export function Note({ block }: { block: NoteData }) {
  return (
    <aside class={`callout ${block.tone}`} role="note">
      <p>
        {block.title && <strong>{block.title} </strong>}
        <Sentence text={block.text} />
      </p>
    </aside>
  );
}

export function Links({ block, sheet }: { block: LinksData; sheet: Sheet }) {
  return (
    <div class="prose">
      {block.links.map(({ text, path }) => (
        <p>{sheet.files === undefined ? text : <a href={sheet.files + encodeURI(path)}>{text}</a>}</p>
      ))}
    </div>
  );
}
