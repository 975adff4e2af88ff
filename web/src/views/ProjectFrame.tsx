import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Button, ButtonLink, IconButton } from "../parts/Button";
import { Empty } from "../parts/Empty";
import { ErrorNote } from "../parts/ErrorNote";
import { Icon, type IconName } from "../parts/Icon";
import { Loading } from "../parts/Loading";
import { Menu, type MenuItem } from "../parts/Menu";
import { href, navigate, path } from "../router";
import { to } from "../routes";
import { ApiError, ofProject } from "../api/client";
import { languageModels } from "../api/projects";
import { NameDialog } from "./project/NameDialog";
import { ProjectStore, Store, useStore } from "./project/store";
import { TrainDialog } from "./project/TrainDialog";
import { Start } from "./Start";
import "./ProjectFrame.css";

const TABS: { part: string; text: string; icon: IconName }[] = [
  { part: "map", text: "Map", icon: "map" },
  { part: "segments", text: "Segments", icon: "segments" },
  { part: "search", text: "Search", icon: "search" },
  { part: "history", text: "History", icon: "history" },
];

/** The heading and the tabs of a project around its views; before there are segments, the way to them. */
export function ProjectFrame({ id, children }: { id: string; children: ComponentChildren }) {
  const store = useMemo(() => new ProjectStore(id), [id]);
  useEffect(() => {
    void store.loadProject();
    const look = () => {
      if (document.visibilityState === "visible" && store.segments.peek()) void store.catchUp();
    };
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [store]);
  const project = store.project.value;
  const error = store.error.value;
  const done = project?.state === "done";
  useEffect(() => {
    if (done && path.value === to("p", id)) navigate(to("p", id, "map"), { replace: true });
  }, [done]);
  if (!project) {
    if (error instanceof ApiError && error.status === 404) {
      return (
        <Empty title="There is no such project" icon="info" action={<ButtonLink href={href("/")}>To the projects</ButtonLink>}>
          <p>It may have been deleted, or the address is mistyped.</p>
        </Empty>
      );
    }
    return error ? (
      <div class="page">
        <ErrorNote error={error} retry={() => void store.loadProject()} />
      </div>
    ) : (
      <Loading />
    );
  }
  return (
    <Store.Provider value={store}>
      {done ? (
        <div class="project">
          <Head />
          <div class="project-body">{children}</div>
        </div>
      ) : (
        <Start />
      )}
    </Store.Provider>
  );
}

function Head() {
  const store = useStore();
  const project = store.project.value;
  const segments = store.segments.value;
  const [training, setTraining] = useState(false);
  const [naming, setNaming] = useState(false);
  const [models, setModels] = useState<string[]>([]);
  useEffect(() => {
    if (!store.segments.peek()) void store.loadSegments();
    languageModels().then(setModels, () => {});
  }, [store]);
  const undo = () => void store.edit({ edit: "undo" });
  const redo = () => void store.edit({ edit: "redo" });
  useEffect(() => {
    const key = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]")) return;
      const now = store.segments.peek();
      event.preventDefault();
      if (event.shiftKey ? now?.can_redo : now?.can_undo) (event.shiftKey ? redo : undo)();
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [store]);
  if (!project) return null;
  const busy = store.busy.value;
  const items: MenuItem[] = [];
  if (segments && store.editable.value) {
    items.push(
      segments.frozen
        ? { text: "Thaw the segments", icon: "thaw", run: () => void store.edit({ edit: "thaw" }) }
        : { text: "Freeze the segments", icon: "freeze", run: () => void store.edit({ edit: "freeze" }) },
    );
    if (models.length && !segments.frozen) {
      items.push({ text: "Name by a language model…", icon: "name", run: () => setNaming(true) });
    }
  }
  const file = (name: string) => () => window.location.assign(ofProject(project.id, "files", name));
  items.push({ text: "Download the assignments", icon: "download", run: file("assignments.csv") });
  items.push({ text: "Download the segments", icon: "download", run: file("segments.json") });
  if (project.report) {
    items.push({ text: "Open the report", icon: "file", run: () => navigate(to("p", project.id, "report")) });
  }
  return (
    <header class="project-head">
      <div class="project-title">
        <a class="icon-button" href={href("/")} aria-label="To the projects" title="To the projects">
          <Icon name="back" />
        </a>
        <span class="project-name" title={project.title}>
          {project.title}
        </span>
        {segments?.frozen && (
          <span class="frozen-mark" title="Frozen: the segments stay as they are until somebody thaws them">
            <Icon name="freeze" size={16} />
            <span>Frozen</span>
          </span>
        )}
      </div>
      <nav class="project-tabs" aria-label="Project">
        {TABS.filter((tab) => tab.part !== "search" || project.searchable).map((tab) => {
          const here = path.value.startsWith(to("p", project.id, tab.part));
          return (
            <a key={tab.part} href={href(to("p", project.id, tab.part))} aria-current={here ? "page" : undefined}>
              <Icon name={tab.icon} size={18} />
              <span>{tab.text}</span>
            </a>
          );
        })}
      </nav>
      <div class="project-tools">
        {store.editable.value && (
          <>
            <IconButton
              label={segments?.can_undo ? `Undo: ${segments.can_undo}` : "Undo"}
              disabled={!segments?.can_undo || busy}
              aria-keyshortcuts="Control+Z"
              onClick={undo}
            >
              <Icon name="undo" />
            </IconButton>
            <IconButton
              label={segments?.can_redo ? `Redo: ${segments.can_redo}` : "Redo"}
              disabled={!segments?.can_redo || busy}
              aria-keyshortcuts="Control+Shift+Z"
              onClick={redo}
            >
              <Icon name="redo" />
            </IconButton>
          </>
        )}
        {store.editable.value && (
          <Button
            small
            class="train-button"
            aria-label="Train a model"
            title="Train a model"
            icon={<Icon name="train" size={18} />}
            onClick={() => setTraining(true)}
          >
            Train a model
          </Button>
        )}
        <Menu label="More actions" items={items} />
      </div>
      {training && <TrainDialog onClose={() => setTraining(false)} />}
      {naming && <NameDialog models={models} onClose={() => setNaming(false)} />}
    </header>
  );
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox],[type=radio],[type=range]),textarea,[contenteditable]");
}
