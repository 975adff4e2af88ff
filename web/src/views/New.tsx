import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { isAbort, may } from "../api/client";
import { createProject } from "../api/projects";
import { Button } from "../parts/Button";
import { Empty } from "../parts/Empty";
import { ErrorNote } from "../parts/ErrorNote";
import { Icon } from "../parts/Icon";
import { Page } from "../parts/Page";
import { Progress } from "../parts/Progress";
import { bytes } from "../parts/format";
import { useFileDrop } from "../parts/useFileDrop";
import { navigate } from "../router";
import { to } from "../routes";
import { ENDINGS, pendingFile, READS } from "./project/upload";
import "./New.css";

/** A file in; the rest is asked at the project's own address. */
export default function New() {
  const [file, setFile] = useState<File | null>(null);
  const [share, setShare] = useState(0);
  const [error, setError] = useState<unknown>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const stop = useRef<AbortController | null>(null);

  const allowed = may("edit");
  const take = useCallback(async (taken: File) => {
    if (!allowed) return;
    stop.current?.abort();
    const controller = new AbortController();
    stop.current = controller;
    setFile(taken);
    setShare(0);
    setError(null);
    try {
      const project = await createProject(taken, setShare, controller.signal);
      navigate(to("p", project.id), { replace: true });
    } catch (problem) {
      if (isAbort(problem)) return;
      setFile(null);
      setError(problem);
    }
  }, []);
  useEffect(() => {
    if (pendingFile.value) void take(pendingFile.value);
    pendingFile.value = null;
    return () => stop.current?.abort();
  }, []);
  const over = useFileDrop(take);

  if (!allowed) {
    return (
      <Page title="New project">
        <Empty title="Your key makes no projects" icon="projects">
          <p>With it you can look at those that there are.</p>
        </Empty>
      </Page>
    );
  }
  return (
    <Page title="New project" intro="Start with a table: one row for each message, answer or note.">
      {error !== null && <ErrorNote error={error} />}
      {file ? (
        <div class="panel uploading">
          <div class="spread">
            <strong>{file.name}</strong>
            <span class="muted">{bytes(file.size)}</span>
          </div>
          <Progress label={`Uploading ${file.name}`} value={share < 1 ? share : null} />
          <div class="spread">
            <span class="muted">{share < 1 ? `Uploading: ${Math.round(share * 100)}%` : "Reading the file…"}</span>
            <Button
              small
              onClick={() => {
                stop.current?.abort();
                setFile(null);
              }}
            >
              Cancel
            </Button>
          </div>
        </div>
      ) : (
        <div class={over ? "drop-zone over" : "drop-zone"}>
          <span class="state-icon">
            <Icon name="upload" size={28} />
          </span>
          <h2>{over ? "Let go to upload" : "Drop a file here"}</h2>
          <p class="muted">{READS} The file goes to your own service and nowhere else.</p>
          <Button kind="main" onClick={() => chooser.current?.click()}>
            Choose a file
          </Button>
          <input
            ref={chooser}
            type="file"
            class="unseen"
            tabIndex={-1}
            aria-label="File of the new project"
            accept={ENDINGS}
            onChange={(event) => {
              const chosen = event.currentTarget.files?.[0];
              event.currentTarget.value = "";
              if (chosen) void take(chosen);
            }}
          />
        </div>
      )}
    </Page>
  );
}
