import { useEffect, useState } from "preact/hooks";
import { loadSession, session } from "./api/client";
import { AppFrame } from "./frame/AppFrame";
import { SignIn } from "./frame/SignIn";
import { ButtonLink } from "./parts/Button";
import { Empty } from "./parts/Empty";
import { ErrorNote } from "./parts/ErrorNote";
import { Loading } from "./parts/Loading";
import { Toasts } from "./parts/Toast";
import { href, path, Routes, type View } from "./router";
import { match } from "./routes";
import { ProjectFrame } from "./views/ProjectFrame";

type Loader = () => Promise<{ default: View }>;

const ROUTES: [string, Loader][] = [
  ["/", () => import("./views/Projects")],
  ["/new", () => import("./views/New")],
  ["/predict", () => import("./views/Predict")],
  ["/models", () => import("./views/Models")],
  ["/models/:name", () => import("./views/Model")],
  ["/monitor", () => import("./views/Monitor")],
  ["/log", () => import("./views/Log")],
];

/** The views of one project, within its frame. */
const OF_PROJECT: [string, Loader][] = [
  ["/p/:id", () => import("./views/Explore")],
  ["/p/:id/map", () => import("./views/Explore")],
  ["/p/:id/segments", () => import("./views/Segments")],
  ["/p/:id/segments/:segment", () => import("./views/Segment")],
  ["/p/:id/search", () => import("./views/Search")],
  ["/p/:id/report", () => import("./views/Report")],
  ["/p/:id/history", () => import("./views/History")],
];

export function App() {
  return (
    <>
      <Gate />
      <Toasts />
    </>
  );
}

/** Ask who is here before anything else is asked. */
function Gate() {
  const [error, setError] = useState<unknown>(null);
  const load = () => {
    setError(null);
    loadSession().catch(setError);
  };
  useEffect(load, []);
  if (session.value === null) {
    return error ? (
      <div class="page">
        <ErrorNote error={error} retry={load} />
      </div>
    ) : (
      <Loading />
    );
  }
  if (session.value.keys && !session.value.signed_in) return <SignIn />;
  return (
    <AppFrame>
      <Content />
    </AppFrame>
  );
}

function Content() {
  const id = OF_PROJECT.map(([pattern]) => match(pattern, path.value)?.id).find(Boolean);
  if (id) {
    return (
      <ProjectFrame key={id} id={id}>
        <Routes routes={OF_PROJECT} fallback={NotFound} />
      </ProjectFrame>
    );
  }
  return <Routes routes={ROUTES} fallback={NotFound} />;
}

function NotFound() {
  return (
    <Empty title="There is no such page" icon="info" action={<ButtonLink href={href("/")}>To the projects</ButtonLink>}>
      <p>The address may be mistyped, or what it showed was deleted.</p>
    </Empty>
  );
}
