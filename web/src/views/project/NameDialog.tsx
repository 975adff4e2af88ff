import { useEffect, useRef, useState } from "preact/hooks";
import { follow, isAbort } from "../../api/client";
import { nameSegments } from "../../api/projects";
import type { Job } from "../../api/types";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { ErrorNote } from "../../parts/ErrorNote";
import { Select } from "../../parts/Field";
import { Progress } from "../../parts/Progress";
import { toast } from "../../parts/Toast";
import { useStore } from "./store";

/** Have a language model name the segments. */
export function NameDialog({ models, onClose }: { models: string[]; onClose(): void }) {
  const store = useStore();
  const [llm, setLlm] = useState(models[0] ?? "");
  const [job, setJob] = useState<Job | null>(null);
  const [error, setError] = useState<unknown>(null);
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);
  const send = async () => {
    setError(null);
    try {
      await follow(await nameSegments(store.id, llm), setJob, stop.current.signal);
      await store.catchUp();
      toast("The segments have new names.");
      onClose();
    } catch (problem) {
      if (isAbort(problem)) return;
      setError(problem);
      setJob(null);
    }
  };
  return (
    <Dialog
      title="Name by a language model"
      onClose={onClose}
      onSubmit={() => void send()}
      actions={
        <>
          <Button onClick={onClose}>{job ? "Close" : "Cancel"}</Button>
          <Button kind="main" type="submit" busy={job !== null}>
            {job ? "Naming…" : "Name the segments"}
          </Button>
        </>
      }
    >
      {error !== null && <ErrorNote error={error} />}
      <p>
        The model reads a few examples and the terms of each segment and proposes names and descriptions. Personal data is
        masked first. It can be undone.
      </p>
      {models.length > 1 && (
        <Select label="Language model" value={llm} choices={models.map((name) => ({ value: name, text: name }))} onPick={setLlm} />
      )}
      {models.length === 1 && (
        <p class="muted">
          Language model: <strong>{llm}</strong>
        </p>
      )}
      {job && (
        <Progress label="Progress of the naming" value={job.progress.total ? (job.progress.done ?? 0) / job.progress.total : null} />
      )}
    </Dialog>
  );
}
