import { useEffect, useState } from "preact/hooks";
import { may } from "../api/client";
import { cancelProject } from "../api/projects";
import type { Project } from "../api/types";
import { Button } from "../parts/Button";
import { Empty } from "../parts/Empty";
import { Page } from "../parts/Page";
import { Progress } from "../parts/Progress";
import { count, duration } from "../parts/format";
import { toastError } from "../parts/Toast";
import { Setup } from "./project/Setup";
import { useStore } from "./project/store";
import "./Start.css";

const PAUSE = 1000;

/** A project on its way: columns are chosen, then segments are looked for. */
export function Start() {
  const store = useStore();
  const project = store.project.value;
  const state = project?.state;
  const working = state === "queued" || state === "running";
  useEffect(() => {
    if (!working) return;
    const timer = setInterval(() => void store.loadProject(), PAUSE);
    return () => clearInterval(timer);
  }, [working, store]);
  if (!project) return null;
  return (
    <Page title={project.title} intro={project.file}>
      {working ? (
        <Working project={project} />
      ) : may("edit") ? (
        <Setup />
      ) : (
        <Empty title="Its segments are not found yet" icon="segments">
          <p>Somebody whose key edits has to start that.</p>
        </Empty>
      )}
    </Page>
  );
}

function Working({ project }: { project: Project }) {
  const store = useStore();
  const [stopping, setStopping] = useState(false);
  const { stage, done = 0, total, step, steps, seconds_left: left } = project.progress;
  const queued = project.state === "queued" && !stage;
  const stop = async () => {
    setStopping(true);
    try {
      store.project.value = await cancelProject(project.id);
    } catch (error) {
      setStopping(false);
      toastError(error);
    }
  };
  const within = total ? done / total : null;
  // the stages before are done; without a number of stages the bar is that of this one
  const whole = step && steps ? (step - 1 + (within ?? 0)) / steps : within;
  return (
    <div class="panel working">
      <h2>{queued ? "Waiting for its turn" : "Finding the segments"}</h2>
      <Progress label="Progress of the whole work" value={queued ? null : whole} />
      <div class="working-lines" aria-live="polite">
        <p>
          <strong>{stage || (queued ? "Other work runs first" : "Starting")}</strong>
          {step && steps ? <span class="muted"> · step {step} of {steps}</span> : null}
        </p>
        <p class="muted">
          {total ? `${count(done)} of ${count(total)}` : ""}
          {typeof left === "number" && left > 0 && `${total ? " · " : ""}about ${duration(left)} left`}
        </p>
      </div>
      <div class="spread">
        <p class="muted working-note">You can close this page: the work goes on, and this address shows how far it is.</p>
        {may("edit") && (
          <Button onClick={() => void stop()} busy={stopping}>
            Cancel
          </Button>
        )}
      </div>
    </div>
  );
}
