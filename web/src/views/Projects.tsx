import { useCallback, useEffect, useState } from "preact/hooks";
import { may } from "../api/client";
import { deleteProject, listProjects, renameProject } from "../api/projects";
import type { Project, State } from "../api/types";
import { Button, ButtonLink } from "../parts/Button";
import { Chip, type ChipProps } from "../parts/Chip";
import { Confirm, Dialog } from "../parts/Dialog";
import { Empty } from "../parts/Empty";
import { ErrorNote } from "../parts/ErrorNote";
import { Field } from "../parts/Field";
import { Icon } from "../parts/Icon";
import { Loading } from "../parts/Loading";
import { Menu } from "../parts/Menu";
import { Page } from "../parts/Page";
import { Progress } from "../parts/Progress";
import { ago, bytes, count, duration, plural } from "../parts/format";
import { toast, toastError } from "../parts/Toast";
import { useFileDrop } from "../parts/useFileDrop";
import { useLoad } from "../parts/useLoad";
import { href, navigate } from "../router";
import { to } from "../routes";
import { pendingFile, READS } from "./project/upload";
import "./Projects.css";

const STATES: Record<State, { text: string; tone: NonNullable<ChipProps["tone"]> }> = {
  new: { text: "Choose columns", tone: "warning" },
  queued: { text: "Waiting", tone: "accent" },
  running: { text: "Working", tone: "accent" },
  done: { text: "Ready", tone: "good" },
  failed: { text: "Failed", tone: "bad" },
  cancelled: { text: "Cancelled", tone: "plain" },
};

const PAUSE = 2500;

export default function Projects() {
  const projects = useLoad(listProjects, []);
  const [renaming, setRenaming] = useState<Project | null>(null);
  const [deleting, setDeleting] = useState<Project | null>(null);
  const take = useCallback((file: File) => {
    if (!may("edit")) return;
    pendingFile.value = file;
    navigate("/new");
  }, []);
  const over = useFileDrop(take);

  const working = projects.data?.some((each) => each.state === "running" || each.state === "queued");
  useEffect(() => {
    if (!working) return;
    const timer = setInterval(projects.reload, PAUSE);
    return () => clearInterval(timer);
  }, [working]);

  const shown = projects.data;
  return (
    <Page
      title="Projects"
      intro={shown?.length ? "A project is a table of texts and the segments found in it." : undefined}
      tools={
        shown?.length && may("edit") ? (
          <ButtonLink kind="main" href={href("/new")} icon={<Icon name="plus" />}>
            New project
          </ButtonLink>
        ) : undefined
      }
    >
      {projects.error !== null && <ErrorNote error={projects.error} retry={projects.reload} />}
      {shown === null && projects.error === null && <Loading />}
      {shown?.length === 0 && !may("edit") && (
        <Empty title="There are no projects yet" icon="projects">
          <p>With your key you can look at projects, not make them.</p>
        </Empty>
      )}
      {shown?.length === 0 && may("edit") && (
        <div class="panel">
          <Empty
            title="Drop a table of texts here"
            icon="upload"
            action={
              <ButtonLink kind="main" href={href("/new")}>
                Choose a file
              </ButtonLink>
            }
          >
            <p>
              Survey answers, support messages, notes of calls: one row for each. Coterie finds the groups in them, names
              them and draws a map. The file goes to your own service and nowhere else.
            </p>
            <p>{READS}</p>
          </Empty>
        </div>
      )}
      {shown !== null && shown.length > 0 && (
        <ul class="project-cards">
          {shown.map((project) => (
            <Card
              key={project.id}
              project={project}
              onRename={() => setRenaming(project)}
              onDelete={() => setDeleting(project)}
            />
          ))}
        </ul>
      )}
      {over && may("edit") && <div class="drop-veil">Drop the file to make a new project</div>}
      {renaming && (
        <Rename
          project={renaming}
          onClose={() => setRenaming(null)}
          onDone={(changed) => {
            setRenaming(null);
            projects.set((projects.data ?? []).map((each) => (each.id === changed.id ? changed : each)));
          }}
        />
      )}
      {deleting && (
        <Delete
          project={deleting}
          onClose={() => setDeleting(null)}
          onDone={() => {
            setDeleting(null);
            projects.set((projects.data ?? []).filter((each) => each.id !== deleting.id));
          }}
        />
      )}
    </Page>
  );
}

function Card({ project, onRename, onDelete }: { project: Project; onRename(): void; onDelete(): void }) {
  const { text, tone } = STATES[project.state];
  const { done = 0, total, stage, seconds_left: left } = project.progress;
  const working = project.state === "running" || project.state === "queued";
  return (
    <li class="panel project-card">
      <div class="project-card-head">
        <h2>
          <a href={href(to("p", project.id))}>{project.title}</a>
        </h2>
        {project.own && may("edit") && (
          <Menu
            label={`Actions for ${project.title}`}
            items={[
              { text: "Rename", icon: "edit", run: onRename },
              { text: "Delete", icon: "trash", danger: true, disabled: working, run: onDelete },
            ]}
          />
        )}
      </div>
      <p class="project-file">
        <Icon name="file" size={16} />
        <span>
          {project.file}
          {project.bytes > 0 && ` · ${bytes(project.bytes)}`}
        </span>
      </p>
      {project.state === "done" && (
        <dl class="project-figures">
          <div>
            <dt>rows</dt>
            <dd>{project.rows === null ? "–" : count(project.rows)}</dd>
          </div>
          <div>
            <dt>segments</dt>
            <dd>{project.groups === null ? "–" : count(project.groups)}</dd>
          </div>
          {project.models.length > 0 && (
            <div>
              <dt>{project.models.length === 1 ? "model" : "models"}</dt>
              <dd>{project.models.length}</dd>
            </div>
          )}
        </dl>
      )}
      {working && (
        <div class="project-work">
          <Progress label={`Progress of ${project.title}`} value={total ? done / total : null} />
          <span>
            {stage || "Waiting for its turn"}
            {typeof left === "number" && ` · ${duration(left)} left`}
          </span>
        </div>
      )}
      {project.state === "failed" && <p class="project-error">{project.error}</p>}
      {project.state === "new" && <p class="muted">Say which column holds the text, then start.</p>}
      <div class="project-card-foot">
        <Chip tone={tone}>{text}</Chip>
        {project.frozen && (
          <Chip>
            Frozen
          </Chip>
        )}
        <span class="muted">{project.created && ago(project.created)}</span>
      </div>
    </li>
  );
}

function Rename({ project, onClose, onDone }: { project: Project; onClose(): void; onDone(changed: Project): void }) {
  const [title, setTitle] = useState(project.title);
  const [busy, setBusy] = useState(false);
  const send = async () => {
    if (!title.trim()) return;
    setBusy(true);
    try {
      onDone(await renameProject(project.id, title.trim()));
    } catch (error) {
      setBusy(false);
      toastError(error);
    }
  };
  return (
    <Dialog
      title="Rename the project"
      onClose={onClose}
      onSubmit={() => void send()}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="main" type="submit" busy={busy} disabled={!title.trim()}>
            Rename
          </Button>
        </>
      }
    >
      <Field label="Title" value={title} maxLength={200} required onInput={(event) => setTitle(event.currentTarget.value)} />
    </Dialog>
  );
}

function Delete({ project, onClose, onDone }: { project: Project; onClose(): void; onDone(): void }) {
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    try {
      await deleteProject(project.id);
      toast(`“${project.title}” was deleted.`);
      onDone();
    } catch (error) {
      setBusy(false);
      toastError(error);
    }
  };
  return (
    <Confirm title={`Delete “${project.title}”?`} action="Delete" danger busy={busy} onConfirm={() => void send()} onClose={onClose}>
      <p>
        This deletes the uploaded file{project.groups ? `, ${plural(project.groups, "segment")} and the history of their edits` : ""}. It
        cannot be undone. Models that were trained on the project stay.
      </p>
    </Confirm>
  );
}
