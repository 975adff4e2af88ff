import { useEffect, useRef, useState } from "preact/hooks";
import { follow, isAbort } from "../../api/client";
import { trainModel } from "../../api/projects";
import type { Job, ModelKind, Trained } from "../../api/types";
import { Button, ButtonLink } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { ErrorNote } from "../../parts/ErrorNote";
import { Field, Radios, Select } from "../../parts/Field";
import { Gauge } from "../../parts/Gauge";
import { Progress } from "../../parts/Progress";
import { duration } from "../../parts/format";
import { href } from "../../router";
import { to } from "../../routes";
import { useStore } from "./store";

const KINDS: { value: ModelKind; text: string; hint: string }[] = [
  { value: "linear", text: "Quick and steady", hint: "A linear model on the texts’ meaning. Trains in seconds to minutes; a good start." },
  { value: "few-shot", text: "Few examples", hint: "Compares with labelled examples. For classes with a handful of rows." },
  { value: "mlp", text: "Neural network", hint: "A small network: for many rows and classes that overlap." },
  { value: "contrastive", text: "Fine-tuned language model", hint: "Teaches the language model itself your classes. The slowest by far." },
  { value: "auto", text: "Try several", hint: "Trains several kinds and keeps the one that is best on rows it had not seen." },
];

/** A model that sorts new texts into the segments, or predicts a column. */
export function TrainDialog({ onClose }: { onClose(): void }) {
  const store = useStore();
  const project = store.project.value;
  const [name, setName] = useState(() => slug(project?.title ?? "model"));
  const [labels, setLabels] = useState("segments");
  const [kind, setKind] = useState<ModelKind>("linear");
  const [job, setJob] = useState<Job<Trained> | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [done, setDone] = useState<Trained | null>(null);
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);

  const send = async () => {
    setError(null);
    try {
      const begun = await trainModel(store.id, { name: name.trim(), labels, kind });
      setDone(await follow(begun, setJob, stop.current.signal));
      void store.loadProject();
    } catch (problem) {
      if (isAbort(problem)) return;
      setError(problem);
    }
    setJob(null);
  };
  const columns = project?.columns?.labels ?? [];
  const known = project?.models.includes(name.trim());

  if (done) {
    return (
      <Dialog
        title="The model is ready"
        onClose={onClose}
        actions={
          <>
            <ButtonLink href={href(to("models", done.model))}>See the model</ButtonLink>
            <ButtonLink kind="main" href={`${href("/predict")}?model=${encodeURIComponent(done.model)}`}>
              Predict with it
            </ButtonLink>
          </>
        }
      >
        <p>
          <strong>{done.model}</strong>, version {done.version}, can be used now.
        </p>
        {typeof done.accuracy === "number" && <Gauge label="Right on rows it had not seen" value={done.accuracy} />}
      </Dialog>
    );
  }
  if (job) {
    const { stage, done: sofar = 0, total, seconds_left: left } = job.progress;
    return (
      <Dialog title={`Training ${name}`} onClose={onClose} actions={<Button onClick={onClose}>Close</Button>}>
        <Progress label="Progress of the training" value={total ? sofar / total : null} />
        <p aria-live="polite">
          {stage || "Waiting for its turn"}
          {typeof left === "number" && left > 0 && <span class="muted"> · about {duration(left)} left</span>}
        </p>
        <p class="muted">You can close this: the training goes on, and the model appears among the models.</p>
      </Dialog>
    );
  }
  return (
    <Dialog
      title="Train a model"
      onClose={onClose}
      onSubmit={() => void send()}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="main" type="submit" disabled={!name.trim()}>
            Train
          </Button>
        </>
      }
    >
      <p class="muted">A model puts new texts into these segments, or predicts a column of the table.</p>
      {error !== null && <ErrorNote error={error} />}
      <Field
        label="Name"
        value={name}
        required
        maxLength={100}
        hint={known ? "There is a model of this name: it gets a new version." : "Letters, digits, - and _."}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label="What it predicts"
        value={labels}
        choices={[{ value: "segments", text: "The segments of this project" }, ...columns.map((column) => ({ value: column, text: `The column ${column}` }))]}
        onPick={setLabels}
      />
      <Radios legend="Kind" value={kind} choices={KINDS} onPick={(value) => setKind(value)} />
    </Dialog>
  );
}

/** A title as a name for a folder. */
function slug(title: string): string {
  const plain = title.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/\.[a-z]{2,5}$/, "").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40) || "model";
}
