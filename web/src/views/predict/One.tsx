/** One text to predict: the text, the columns that the model reads, and the answer. */
import { useEffect, useRef, useState } from "preact/hooks";
import { isAbort } from "../../api/client";
import { explainOne, predictOne, type Cell, type ModelCard, type Predicted } from "../../api/models";
import { Button } from "../../parts/Button";
import { ErrorNote } from "../../parts/ErrorNote";
import { Field } from "../../parts/Field";
import { Loading } from "../../parts/Loading";
import { Result } from "./Result";

export interface OneProps {
  model: ModelCard;
  /** What is asked for: the name, or `auto`. */
  asked: string;
  /** Values that columns have, to choose from. */
  known: Record<string, string[]>;
}

export function One({ model, asked, known }: OneProps) {
  const [text, setText] = useState("");
  const [context, setContext] = useState<Record<string, string>>({});
  const [answer, setAnswer] = useState<{ said: Predicted; text: string } | null>(null);
  const [words, setWords] = useState<string[]>([]);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const stop = useRef<AbortController | null>(null);
  const result = useRef<HTMLDivElement>(null);
  useEffect(() => () => stop.current?.abort(), []);
  // an answer of another model would mislead
  useEffect(() => {
    stop.current?.abort();
    setAnswer(null);
    setError(null);
  }, [asked]);
  const given: Record<string, Cell> = Object.fromEntries(
    model.columns.filter((name) => context[name]?.trim()).map((name) => [name, (context[name] ?? "").trim()]),
  );
  const ready = model.reads_text ? text.trim() !== "" : Object.keys(given).length > 0;
  const predict = async () => {
    stop.current?.abort();
    const mine = new AbortController();
    stop.current = mine;
    setBusy(true);
    setError(null);
    setWords([]);
    try {
      const said = await predictOne(text, given, asked, mine.signal);
      setAnswer({ said, text });
      requestAnimationFrame(() => result.current?.focus({ preventScroll: false }));
      // the sentences are an extra: without them the answer stands
      explainOne(model.reads_text ? text : null, given, said.model_used.split(":")[0] ?? asked, mine.signal).then(
        (found) => !mine.signal.aborted && setWords(found.sentences ?? []),
        () => {},
      );
    } catch (problem) {
      if (!isAbort(problem)) {
        setError(problem);
        setAnswer(null);
      }
    } finally {
      if (stop.current === mine) setBusy(false);
    }
  };
  return (
    <div class="predict">
      <form
        class="panel predict-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy) void predict();
        }}
      >
        {model.reads_text && (
          <div class="field">
            <label for="predict-text">Text</label>
            <textarea
              id="predict-text"
              rows={10}
              dir="auto"
              value={text}
              placeholder={"A message, or a conversation with a line for each turn:\nseller: Good morning…\nbuyer: Good morning…"}
              onInput={(event) => setText(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && ready) void predict();
              }}
            />
          </div>
        )}
        {model.columns.length > 0 && (
          <fieldset class="predict-context">
            <legend>{model.reads_text ? "What is known besides" : "Columns"}</legend>
            <div>
              {model.columns.map((name) => (
                <ContextField
                  key={name}
                  name={name}
                  values={known[name] ?? []}
                  value={context[name] ?? ""}
                  onInput={(value) => setContext((before) => ({ ...before, [name]: value }))}
                />
              ))}
            </div>
            <p class="field-hint">What is left empty counts as unknown.</p>
          </fieldset>
        )}
        <div class="row">
          <Button kind="main" type="submit" busy={busy} disabled={!ready}>
            Predict
          </Button>
          {(text || answer) && (
            <Button
              kind="quiet"
              onClick={() => {
                stop.current?.abort();
                setText("");
                setContext({});
                setAnswer(null);
                setError(null);
                setBusy(false);
              }}
            >
              Clear
            </Button>
          )}
        </div>
      </form>
      <div class="predict-result" ref={result} tabIndex={-1} aria-label="Prediction" role="region">
        {error ? (
          <ErrorNote error={error} retry={ready ? () => void predict() : undefined} />
        ) : answer ? (
          <div class={busy ? "search-waiting" : ""} aria-busy={busy}>
            <Result key={answer.said.id} said={answer.said} text={answer.text} words={words} classes={model.classes} />
          </div>
        ) : busy ? (
          <Loading label="Predicting…" />
        ) : (
          <p class="predict-none muted">The prediction appears here, with what carries it.</p>
        )}
      </div>
    </div>
  );
}

function ContextField({ name, values, value, onInput }: { name: string; values: string[]; value: string; onInput(value: string): void }) {
  const list = values.length ? `values-${name.replace(/\W+/g, "-")}` : undefined;
  return (
    <>
      <Field
        label={name.replaceAll("_", " ")}
        value={value}
        autocomplete="off"
        onInput={(event) => onInput(event.currentTarget.value)}
        {...(list ? { list } : {})}
      />
      {list && (
        <datalist id={list}>
          {values.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
    </>
  );
}
