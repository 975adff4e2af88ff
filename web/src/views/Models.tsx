/** The models of the service, and how requests are divided among their versions. */
import { listModels, type ModelCard } from "../api/models";
import { Chip } from "../parts/Chip";
import { ErrorNote } from "../parts/ErrorNote";
import { Gauge } from "../parts/Gauge";
import { day, figure, percent, plural } from "../parts/format";
import { Loading } from "../parts/Loading";
import { Page } from "../parts/Page";
import { useLoad } from "../parts/useLoad";
import { href } from "../router";
import { to } from "../routes";
import { NoModel } from "./Predict";
import { TrafficPanel } from "./models/TrafficPanel";
import "./models/Models.css";

export default function Models() {
  const models = useLoad(listModels, []);
  return (
    <Page title="Models" intro="What predicts, how good it is, and which version answers.">
      {models.error ? (
        <ErrorNote error={models.error} retry={models.reload} />
      ) : !models.data ? (
        <Loading />
      ) : !models.data.length ? (
        <NoModel faults={[]} />
      ) : (
        <>
          <ul class="model-cards">
            {models.data.map((model) => (
              <li key={model.name}>
                <Card model={model} />
              </li>
            ))}
          </ul>
          <header class="section-head">
            <h2>Traffic</h2>
            <p>Try a version on a share of the customers, or beside the one that answers.</p>
          </header>
          <TrafficPanel models={models.data} />
        </>
      )}
    </Page>
  );
}

function Card({ model }: { model: ModelCard }) {
  const { accuracy, macro_f1: f1, auc, r2 } = model.metrics;
  const read = [...(model.reads_text ? ["text"] : []), ...(model.columns.length ? [plural(model.columns.length, "column")] : [])];
  return (
    <article class="panel model-card">
      <div class="spread">
        <h2>
          <a href={href(to("models", model.name))}>{model.name}</a>
        </h2>
        {model.default && <Chip tone="accent">default</Chip>}
        {!model.ready && <Chip tone="bad">not ready</Chip>}
      </div>
      <p>
        {[model.kind, model.version === null ? "" : `version ${model.version}`, model.created ? day(model.created) : ""].filter(Boolean).join(" · ")}
      </p>
      {accuracy !== undefined && <Gauge value={accuracy} label="Accuracy" text={percent(accuracy, 1)} />}
      {f1 !== undefined && <Gauge value={f1} label="F1" text={percent(f1, 1)} />}
      {auc !== undefined && <Gauge value={auc} label="AUC" text={figure(auc)} />}
      {accuracy === undefined && r2 !== undefined && <Gauge value={r2} label="R²" text={figure(r2)} />}
      <p>
        {model.classes.length ? `${plural(model.classes.length, "class", "classes")}: ${model.classes.slice(0, 4).join(", ")}${model.classes.length > 4 ? " …" : ""}` : ""}
        {read.length ? `${model.classes.length ? " · " : ""}reads ${read.join(" and ")}` : ""}
      </p>
      {model.fault && <p class="fault">{model.fault}</p>}
    </article>
  );
}
