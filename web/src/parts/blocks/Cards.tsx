/** Cards of rows that were found, and the conditions that they had to meet. */
import { useState } from "preact/hooks";
import { inSlot } from "./slots";
import { figure, shorten } from "../format";
import { Breakable } from "./Basics";
import { Swatch } from "./Figure";
import type { CardData, CardsData, ChipsData } from "../../api/page";
import type { Sheet } from "./sheet";

// characters that are shown of each
const TEXT = 240;
const COLUMN = 26;
const VALUE = 44;

export function isCut(text: string, width: number): boolean {
  return Array.from(text.trim().replace(/\s+/g, " ")).length > width;
}

/** How close something is, as a ring with its percentage. */
export function Ring({ share, label }: { share: number; label?: string }) {
  const percent = `${Math.round(share * 100)}%`;
  return (
    <svg class="ring" viewBox="0 0 48 48" role="img" aria-label={`${label ?? "How close"}: ${percent}`}>
      <circle class="ring-rest" cx="24" cy="24" r="20" />
      <circle
        class="ring-share"
        cx="24"
        cy="24"
        r="20"
        pathLength={100}
        stroke-dasharray={`${(share * 100).toFixed(2)} 100`}
        transform="rotate(-90 24 24)"
      />
      <text x="24" y="24" dy="0.36em" text-anchor="middle">
        {percent}
      </text>
    </svg>
  );
}

/** A text that is cut, and opens. */
export function LongText({ text, width = TEXT }: { text: string; width?: number }) {
  if (!isCut(text, width)) return <p>{text}</p>;
  return (
    <details class="whole">
      <summary>
        <span>{shorten(text, width)}</span>{" "}
      </summary>
      <div dir="auto">{text}</div>
    </details>
  );
}

/** A column and its value, in the colour of the value. */
export function Pill({ column, value, slot }: { column: string; value: string; slot?: number | null | undefined }) {
  const cut = isCut(column, COLUMN) || isCut(value, VALUE);
  return (
    <li class="pill" style={inSlot(slot)} title={cut ? `${column}: ${value}` : undefined}>
      <Swatch slot={slot} />
      <span>
        {column && (
          <small>
            <bdi>
              <Breakable text={shorten(column, COLUMN)} />
            </bdi>
          </small>
        )}{" "}
        <bdi>
          <Breakable text={shorten(value, VALUE)} />
        </bdi>
      </span>
    </li>
  );
}

/** Columns and values, one under the other. */
export function Facts({ facts }: { facts: [string, string][] }) {
  return (
    <dl>
      {facts.map(([name, value]) => (
        <div>
          <dt>
            <bdi>
              <Breakable text={name} />
            </bdi>
          </dt>
          <dd>
            <bdi>{value}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}

export function Cards({ block, sheet }: { block: CardsData; sheet: Sheet }) {
  const [all, setAll] = useState(false);
  const shown = all ? block.cards : block.cards.slice(0, block.limit);
  return (
    <div class="cards">
      {block.title && <h3>{block.title}</h3>}
      {block.cards.length ? (
        <ol class="cards-list">
          {shown.map((card) => (
            <li class="card">
              <Card card={card} sheet={sheet} />
            </li>
          ))}
        </ol>
      ) : (
        <p class="panel cards-none">{block.empty}</p>
      )}
      {shown.length < block.cards.length && (
        <button type="button" class="show-all" onClick={() => setAll(true)}>
          Show all {figure(block.cards.length)}
        </button>
      )}
      {block.note && <p class="caption">{block.note}</p>}
    </div>
  );
}

function Card({ card, sheet }: { card: CardData; sheet: Sheet }) {
  const cut = card.categories.filter(({ column, value }) => isCut(column, COLUMN) || isCut(value, VALUE));
  const facts = { ...Object.fromEntries(cut.map(({ column, value }) => [column, value])), ...card.facts };
  return (
    <>
      <div>
        <div class="card-head">
          <div>
            <h3 class="card-title">
              <bdi>
                <Breakable text={card.title} />
              </bdi>
            </h3>
            {(card.score || card.found_by) && (
              <p class="card-score">
                {card.score && <span>{card.score}</span>}
                {card.found_by && <span>found by {card.found_by}</span>}
              </p>
            )}
          </div>
          {card.share !== null && <Ring share={card.share} />}
        </div>
        <div class="card-text" dir="auto">
          {card.text && <LongText text={card.text} />}
        </div>
        {card.categories.length > 0 && (
          <div class="card-pills">
            <ul>
              {card.categories.map(({ column, value }) => (
                <Pill column={column} value={value} slot={sheet.colours[column]?.[value]} />
              ))}
            </ul>
          </div>
        )}
        <Reasons reasons={card.reasons} />
      </div>
      <div class="card-facts">
        {Object.keys(facts).length > 0 && (
          <details>
            <summary>
              <span>All details</span>
            </summary>
            <Facts facts={Object.entries(facts)} />
          </details>
        )}
      </div>
    </>
  );
}

/** Why a row was found, the most telling reason first. */
export function Reasons({ reasons }: { reasons: string[] }) {
  if (!reasons.length) return null;
  return (
    <div class="card-reasons">
      <p>Why alike</p>
      <ul>
        {reasons.map((reason) => (
          <li>
            <bdi>{reason}</bdi>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function Chips({ block }: { block: ChipsData }) {
  return (
    <div class="panel chips">
      {block.title && <h3>{block.title}</h3>}
      <dl>
        {block.chips.length > 0 && (
          <div>
            <dt>Only rows where</dt>
            <dd>
              <ul>
                {block.chips.map((chip) => (
                  <li class={chip.origin === "from your words" ? "condition read" : "condition"}>
                    <strong>
                      <bdi>{chip.text}</bdi>
                    </strong>
                    <small>
                      {chip.expression && <code>{shorten(chip.expression, 120)}</code>}
                      <span>{chip.origin}</span>
                    </small>
                  </li>
                ))}
              </ul>
            </dd>
          </div>
        )}
        {block.rest && (
          <div>
            <dt>Searched by meaning</dt>
            <dd class="chips-rest" dir="auto">
              {block.rest}
            </dd>
          </div>
        )}
      </dl>
      {block.note && <p class="caption">{block.note}</p>}
    </div>
  );
}
