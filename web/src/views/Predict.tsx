/** Predict one text or a file with a model. */
import { AUTO, listModels, type ModelCard } from "../api/models";
import { get, may } from "../api/client";
import type { SearchColumn } from "../api/search";
import { ButtonLink } from "../parts/Button";
import { Empty } from "../parts/Empty";
import { ErrorNote } from "../parts/ErrorNote";
import { Select } from "../parts/Field";
import { percent, plural } from "../parts/format";
import { Loading } from "../parts/Loading";
import { Page } from "../parts/Page";
import { Tabs } from "../parts/Tabs";
import { useLoad } from "../parts/useLoad";
import { href, query, setQuery } from "../router";
import { Batch } from "./predict/Batch";
import { One } from "./predict/One";
import "../parts/blocks/blocks.css";
import "./predict/Predict.css";

export default function Predict() {
  const models = useLoad(listModels, []);
  // values to choose from, where the service has an index; the fields work without
  const read = models.data?.some((model) => model.ready && model.columns.length > 0) ?? false;
  const known = useLoad(
    (stop) => (read ? get<SearchColumn[]>("/v1/columns", {}, stop).catch(() => []) : Promise.resolve<SearchColumn[]>([])),
    [read],
  );
  const ready = models.data?.filter((model) => model.ready) ?? [];
  return (
    <Page title="Predict" intro="Ask a model about a text, or about all rows of a file.">
      {!may("predict") ? (
        <Empty title="Your key does not predict" icon="predict">
          <p>With it you can look at models and at what they predicted. Ask whoever runs the service for one that predicts.</p>
        </Empty>
      ) : models.error ? (
        <ErrorNote error={models.error} retry={models.reload} />
      ) : !models.data ? (
        <Loading />
      ) : !ready.length ? (
        <NoModel faults={models.data.flatMap((model) => model.fault ?? [])} />
      ) : (
        <Choose models={ready} known={valuesOf(known.data ?? [])} />
      )}
    </Page>
  );
}

/** There is nothing to predict with. */
export function NoModel({ faults }: { faults: string[] }) {
  return (
    <Empty title="There is no model yet" icon="models" action={<ButtonLink kind="main" href={href("/")}>To the projects</ButtonLink>}>
      <p>Find groups in a project, then train a model on them or on a column of labels.</p>
      {faults.map((fault) => (
        <p key={fault}>{fault}</p>
      ))}
    </Empty>
  );
}

function valuesOf(columns: SearchColumn[]): Record<string, string[]> {
  const listed = columns.filter((column) => column.values.every((value) => value.length < 60));
  return Object.fromEntries(listed.map((column) => [column.name, column.levels.length ? column.levels : column.values]));
}

function Choose({ models, known }: { models: ModelCard[]; known: Record<string, string[]> }) {
  const named = query.value.get("model") ?? AUTO;
  const standard = models.find((model) => model.default) ?? models[0];
  const chosen = models.find((model) => model.name === named);
  const asked = chosen ? chosen.name : AUTO;
  const model = chosen ?? standard;
  if (!model) return null;
  return (
    <>
      <div class="predict-model">
        <Select
          label="Model"
          value={asked}
          choices={[
            { value: AUTO, text: `Automatic (${standard?.name ?? ""})` },
            ...models.map((each) => ({ value: each.name, text: each.name })),
          ]}
          onPick={(name) => setQuery({ model: name === AUTO ? null : name })}
        />
        <p>{aboutModel(model)}</p>
      </div>
      <Tabs
        label="What to predict"
        shown={query.value.get("of") === "file" ? "file" : "text"}
        onShow={(key) => setQuery({ of: key === "file" ? "file" : null })}
        tabs={[
          { key: "text", title: model.reads_text ? "One text" : "One row", content: <One model={model} asked={asked} known={known} /> },
          { key: "file", title: "A file", content: <Batch model={model} asked={asked} /> },
        ]}
      />
    </>
  );
}

function aboutModel(model: ModelCard): string {
  const parts = [`${model.kind}, version ${model.version ?? "–"}`];
  if (model.classes.length) parts.push(plural(model.classes.length, "class", "classes"));
  const accuracy = model.metrics.accuracy;
  if (accuracy !== undefined) parts.push(`${percent(accuracy, 1)} right on held-out rows`);
  return parts.join(" · ");
}
