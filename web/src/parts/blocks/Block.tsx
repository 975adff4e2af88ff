/** A block of a report drawn by its kind, and whole pages of them. */
import "./blocks.css";
import { Bars, Histogram, Lines, Scatter, WordCloud } from "./Charts";
import { Links, Note, Prose, Sentence, Tiles } from "./Basics";
import { Cards, Chips } from "./Cards";
import { Groups } from "./Groups";
import { HeatMap } from "./HeatMap";
import { StillMap } from "./StillMap";
import { Table } from "./Table";
import type { BlockData, PageData, SectionData } from "../../api/page";
import type { Sheet } from "./sheet";

export function Block({ block, sheet }: { block: BlockData; sheet: Sheet }) {
  switch (block.kind) {
    case "tiles":
      return <Tiles block={block} />;
    case "prose":
      return <Prose block={block} />;
    case "note":
      return <Note block={block} />;
    case "links":
      return <Links block={block} sheet={sheet} />;
    case "grid":
      return (
        <div class={`grid columns-${block.columns}`}>
          {block.blocks.map((each) => (
            <div class="cell">
              <Block block={each} sheet={sheet} />
            </div>
          ))}
        </div>
      );
    case "table":
      return <Table block={block} />;
    case "lines":
      return <Lines block={block} />;
    case "histogram":
      return <Histogram block={block} />;
    case "bars":
      return <Bars block={block} sheet={sheet} />;
    case "scatter":
      return <Scatter block={block} />;
    case "word_cloud":
      return <WordCloud block={block} />;
    case "heat_map":
      return <HeatMap block={block} />;
    case "cards":
      return <Cards block={block} sheet={sheet} />;
    case "chips":
      return <Chips block={block} />;
    case "groups":
      return <Groups block={block} sheet={sheet} />;
    case "map":
      return <StillMap block={block} sheet={sheet} />;
    default:
      return null; // a kind that a newer service knows
  }
}

/** Blocks one under another, outside a page of their own. */
export function Blocks({ blocks, sheet = { colours: {} } }: { blocks: BlockData[]; sheet?: Sheet }) {
  return (
    <div class="blocks">
      {blocks.map((block) => (
        <Block block={block} sheet={sheet} />
      ))}
    </div>
  );
}

/** The sections of a page of `coterie.report`, without its title. */
export function ReportPage(props: {
  page: PageData;
  files?: string;
  map?: string;
  onShowGroup?: (name: string) => void;
  level?: 2 | 3;
}) {
  const { page, files, map, onShowGroup, level = 2 } = props;
  const sheet: Sheet = { colours: page.colours, files, map, onShowGroup };
  return (
    <div class="blocks report" lang={page.lang}>
      {page.sections.map((section) => (
        <ReportSection section={section} sheet={sheet} level={level} />
      ))}
      {page.footer && <p class="report-footer">{page.footer}</p>}
    </div>
  );
}

function ReportSection({ section, sheet, level }: { section: SectionData; sheet: Sheet; level: 2 | 3 }) {
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <section>
      <Heading class="report-heading">{section.title}</Heading>
      {section.intro && (
        <p class="intro">
          <Sentence text={section.intro} />
        </p>
      )}
      {section.blocks.map((block) => (
        <Block block={block} sheet={sheet} />
      ))}
    </section>
  );
}
