/** A prediction, how sure it is, what carries it, what to do, and whether it was right. */
import { useState } from "preact/hooks";
import { may } from "../../api/client";
import { nameOf, sendFeedback, type Analysis, type Indicator, type Predicted, type Prediction, type SimilarConversation } from "../../api/models";
import { Block, LongText, Ring } from "../../parts/blocks";
import { Button } from "../../parts/Button";
import { Chip, type ChipProps } from "../../parts/Chip";
import { figure, percent, plural } from "../../parts/format";
import { Select } from "../../parts/Field";
import { toast, toastError } from "../../parts/Toast";
import { partsOf, strength } from "./evidence";

export const STATUSES: Record<string, { text: string; says: string; tone: NonNullable<ChipProps["tone"]> }> = {
  assigned: { text: "sure", says: "Sure enough to act on.", tone: "good" },
  ambiguous: { text: "ambiguous", says: "In doubt, by its confidence or by what the text is like: take it as a hint.", tone: "warning" },
  outside: { text: "outside", says: "Unlike all that the model was trained on: do not rely on it.", tone: "bad" },
  refused: { text: "refused", says: "The language model gave no answer that can be used.", tone: "bad" },
  "set aside": { text: "set aside", says: "This row cannot be used.", tone: "bad" },
};

export function StatusChip({ status }: { status: string }) {
  const known = STATUSES[status];
  return <Chip tone={known?.tone ?? "plain"}>{known?.text ?? status}</Chip>;
}

export interface ResultProps {
  said: Predicted;
  text: string;
  /** The explanation in sentences. */
  words: string[];
  classes: string[];
}

export function Result({ said, text, words, classes }: ResultProps) {
  const { prediction, analysis, recommendations, similar_conversations: similar } = said;
  return (
    <div class="blocks">
      <h2 class="unseen">Prediction</h2>
      <Verdict prediction={prediction} model={said.model_used} seconds={said.processing_time} />
      {said.id && prediction.status !== "set aside" && may("edit") && (
        <WasItRight id={said.id} model={said.model_used} prediction={prediction} classes={classes} />
      )}
      {recommendations.length > 0 && (
        <section class="panel">
          <h3>What to do</h3>
          <ul class="advice">
            {recommendations.map((each) => (
              <li key={each.id}>
                <strong>{each.text}</strong>
                {each.why && <small>{each.why}</small>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {prediction.probabilities && Object.keys(prediction.probabilities).length > 0 && (
        <Block sheet={{ colours: {} }} block={barsOf(prediction.probabilities, said.model_used)} />
      )}
      {analysis && <Carries analysis={analysis} text={text} />}
      {words.length > 0 && (
        <section class="panel">
          <h3>In words</h3>
          <ul class="sentences">
            {words.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </section>
      )}
      {analysis?.sentiment && <Mood analysis={analysis} />}
      {similar.length > 0 && <Similar similar={similar} />}
      {analysis?.notes.map((note) => (
        <p key={note} class="caption">
          {note}
        </p>
      ))}
    </div>
  );
}

function Verdict({ prediction, model, seconds }: { prediction: Prediction; model: string; seconds: number }) {
  const { outcome, confidence, status, interval, name, reason } = prediction;
  const number = typeof outcome === "number" && Boolean(interval);
  const tone = STATUSES[status]?.tone ?? "plain";
  return (
    <section class={`panel verdict ${tone}`}>
      <div>
        <p class="verdict-head">
          Predicted <StatusChip status={status} />
        </p>
        <p class="verdict-outcome">
          {outcome === null ? "No prediction" : number ? figure(outcome) : name || String(outcome)}
        </p>
        {interval && (
          <p class="verdict-says">
            80% of such rows are from {figure(interval[0])} to {figure(interval[1])}.
          </p>
        )}
        <p class="verdict-says">{reason || STATUSES[status]?.says}</p>
        <p class="caption">
          {model} · {Math.round(seconds * 1000)} ms
        </p>
      </div>
      {confidence !== null && <Ring share={confidence} label="Confidence" />}
    </section>
  );
}

function barsOf(probabilities: Record<string, number>, model: string) {
  const order = Object.entries(probabilities).sort(([, a], [, b]) => b - a);
  return {
    kind: "bars" as const,
    title: "Probability of each class",
    note: "",
    partition: "",
    limit: 8,
    signed: false,
    bars: order.map(([label, value]) => ({ label: nameOf(model, label), value, text: percent(value, 1) })),
  };
}

/** The text with its evidence, and the evidence listed. */
function Carries({ analysis, text }: { analysis: Analysis; text: string }) {
  const { key_indicators: up, counter_indicators: down, risk_factors: risks, positive } = analysis;
  const parts = partsOf(text, [...up, ...down]);
  const marked = parts.some((part) => part.effect);
  const ofRisks = risks.filter((risk) => !down.some((each) => each.text === risk.text && each.outcome === risk.outcome));
  if (!marked && !up.length && !down.length && !risks.length) return null;
  return (
    <section class="panel carries">
      <h3>What carries it</h3>
      {marked && (
        <>
          <p class="carries-legend" aria-hidden="true">
            <mark class="for-2">for the prediction</mark> <mark class="against-2">against it</mark>
          </p>
          <p class="carries-text" dir="auto">
            {parts.map(({ text: words, effect }) =>
              effect ? (
                <mark
                  class={`${effect > 0 ? "for" : "against"}-${strength(effect, parts)}`}
                  title={`${effect > 0 ? "for" : "against"} the prediction: ${effect > 0 ? "+" : ""}${effect.toFixed(2)} log-odds`}
                >
                  {words}
                </mark>
              ) : (
                words
              ),
            )}
          </p>
        </>
      )}
      <div class="carries-lists">
        <Indicators title="Speaks for it" indicators={up} />
        <Indicators title="Speaks against it" indicators={down} />
        <Indicators title={positive ? `Risks for “${positive}”` : "Risks"} indicators={ofRisks} />
      </div>
    </section>
  );
}

function Indicators({ title, indicators }: { title: string; indicators: Indicator[] }) {
  if (!indicators.length) return null;
  return (
    <div>
      <h4>{title}</h4>
      <ul>
        {indicators.map((each) => (
          <li key={each.text}>
            <span>{each.text}</span>
            <small>
              {each.effect > 0 ? "+" : ""}
              {each.effect.toFixed(2)}
            </small>
          </li>
        ))}
      </ul>
    </div>
  );
}

const TONES: Record<string, NonNullable<ChipProps["tone"]>> = { positive: "good", negative: "bad" };

function Mood({ analysis }: { analysis: Analysis }) {
  const sentiment = analysis.sentiment;
  if (!sentiment) return null;
  return (
    <section class="panel">
      <h3>Sentiment</h3>
      {sentiment.label === null ? (
        <p class="muted">{sentiment.reason ?? "It was not measured."}</p>
      ) : (
        <dl class="mood">
          {!(sentiment.speaker && sentiment.speakers[sentiment.speaker]) && (
            <div>
              <dt>{sentiment.speaker ?? "all of it"}</dt>
              <dd>
                <Chip tone={TONES[sentiment.label] ?? "plain"}>{sentiment.label}</Chip> {sentiment.score?.toFixed(2)}
              </dd>
            </div>
          )}
          {Object.entries(sentiment.speakers).map(([speaker, { label, score }]) => (
            <div key={speaker}>
              <dt>{speaker}</dt>
              <dd>
                <Chip tone={TONES[label] ?? "plain"}>{label}</Chip> {score.toFixed(2)}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {sentiment.method && <p class="caption">From −1 to 1. {sentiment.method}.</p>}
    </section>
  );
}

function Similar({ similar }: { similar: SimilarConversation[] }) {
  const measured = similar.some((each) => (each.match ?? 0) >= 0.005);
  return (
    <section class="panel">
      <h3>Similar cases</h3>
      <ol class="similar">
        {similar.map((each) => (
          <li key={each.id}>
            <p class="similar-head">
              <strong>{each.id}</strong>
              {each.outcome !== null && <Chip>{String(each.outcome)}</Chip>}
              <small>{measured && each.match !== null ? `${percent(each.match)} alike` : `cosine ${each.cosine.toFixed(2)}`}</small>
            </p>
            <div class="card-text" dir="auto">
              <LongText text={each.text} width={180} />
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Feedback: whether it was right, and what would have been. */
function WasItRight({ id, model, prediction, classes }: { id: string; model: string; prediction: Prediction; classes: string[] }) {
  const [state, setState] = useState<"asked" | "wrong" | "sent">("asked");
  const [truth, setTruth] = useState("");
  const [busy, setBusy] = useState(false);
  const send = async (value: string) => {
    setBusy(true);
    try {
      const done = await sendFeedback(id, value);
      if (done.unknown.length) toast("The log no longer holds this prediction.", { tone: "bad" });
      else setState("sent");
    } catch (problem) {
      toastError(problem);
    } finally {
      setBusy(false);
    }
  };
  const outcome = String(prediction.outcome);
  if (prediction.interval || (!classes.length && prediction.outcome === null)) return null;
  return (
    <section class="panel was-it">
      {state === "sent" ? (
        <p role="status">Thank you. It counts in the live accuracy, and in the next training.</p>
      ) : state === "wrong" ? (
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            if (truth) void send(truth);
          }}
        >
          <Select
            label="What is right?"
            value={truth}
            choices={[{ value: "", text: "Choose…" }, ...classes.filter((each) => each !== outcome).map((each) => ({ value: each, text: nameOf(model, each) }))]}
            onPick={setTruth}
          />
          <Button kind="main" type="submit" busy={busy} disabled={!truth}>
            Send
          </Button>
          <Button kind="quiet" onClick={() => setState("asked")}>
            Back
          </Button>
        </form>
      ) : (
        <div class="row">
          <span>Was it right?</span>
          <Button small busy={busy} onClick={() => void send(outcome)} disabled={prediction.outcome === null}>
            Yes
          </Button>
          <Button small onClick={() => (classes.length === 2 ? void send(classes.find((each) => each !== outcome) ?? "") : setState("wrong"))}>
            {classes.length === 2 ? `No, it is ${nameOf(model, classes.find((each) => each !== outcome))}` : "No"}
          </Button>
          {classes.length > 2 && <small class="muted">{plural(classes.length, "class", "classes")} to choose from</small>}
        </div>
      )}
    </section>
  );
}
