/** One model: its versions, which of them answers, and two of them side by side. */
import { useState } from "preact/hooks";
import { may } from "../api/client";
import { activateVersion, listVersions, readScores, rollBack, type ModelVersion, type Scores } from "../api/models";
import { ReportPage } from "../parts/blocks";
import { Button, ButtonLink } from "../parts/Button";
import { Chip } from "../parts/Chip";
import { Confirm } from "../parts/Dialog";
import { ErrorNote } from "../parts/ErrorNote";
import { Select } from "../parts/Field";
import { bytes, count, moment, plural } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Loading } from "../parts/Loading";
import { Page } from "../parts/Page";
import { Table } from "../parts/Table";
import { toast, toastError } from "../parts/Toast";
import { useLoad } from "../parts/useLoad";
import { href, query, setQuery } from "../router";
import { better, metricKeys, metricOf, metricText } from "./models/metrics";
import "./models/Models.css";

type Asking = { kind: "activate"; version: number } | { kind: "back" };

export default function Model({ params }: { params: { name?: string } }) {
  const name = params.name ?? "";
  const versions = useLoad((stop) => listVersions(name, stop), [name]);
  const [asking, setAsking] = useState<Asking | null>(null);
  const [busy, setBusy] = useState(false);
  const active = versions.data?.find((each) => each.active);
  const act = async () => {
    if (!asking) return;
    setBusy(true);
    try {
      if (asking.kind === "activate") {
        await activateVersion(name, asking.version);
        toast(`Version ${asking.version} answers from now on.`, { tone: "good" });
      } else {
        const { version } = await rollBack(name);
        toast(`Version ${version} answers again.`, { tone: "good" });
      }
      versions.reload();
      setAsking(null);
    } catch (problem) {
      toastError(problem);
      setAsking(null);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Page
      title={name}
      intro={active ? `Version ${active.version} answers.` : "The versions of this model."}
      tools={
        <>
          <ButtonLink href={href("/models")} kind="quiet" icon={<Icon name="back" size={18} />}>
            All models
          </ButtonLink>
          {may("admin") && (
            <Button disabled={(versions.data?.length ?? 0) < 2} icon={<Icon name="undo" size={18} />} onClick={() => setAsking({ kind: "back" })}>
              Roll back
            </Button>
          )}
        </>
      }
    >
      {versions.error ? (
        <ErrorNote error={versions.error} retry={versions.reload} />
      ) : !versions.data ? (
        <Loading />
      ) : (
        <>
          <Versions versions={versions.data} onActivate={(version) => setAsking({ kind: "activate", version })} />
          <Compare name={name} versions={versions.data} />
        </>
      )}
      {asking && (
        <Confirm
          title={asking.kind === "activate" ? `Let version ${asking.version} answer?` : "Roll back?"}
          action={asking.kind === "activate" ? "Activate" : "Roll back"}
          busy={busy}
          onConfirm={() => void act()}
          onClose={() => setAsking(null)}
        >
          <p>
            {asking.kind === "activate"
              ? `All new requests for ${name} get version ${asking.version}. What was accepted before keeps its version, and you can roll back.`
              : `The version of ${name} that was active before answers again. No version is deleted.`}
          </p>
        </Confirm>
      )}
    </Page>
  );
}

function Versions({ versions, onActivate }: { versions: ModelVersion[]; onActivate(version: number): void }) {
  return (
    <div class="metrics-table">
      <Table
        caption="Versions"
        rows={[...versions].reverse()}
        rowKey={(row) => row.version}
        columns={[
          {
            key: "version",
            title: "Version",
            cell: (row) => (
              <>
                <strong>{row.version}</strong> {row.active && <Chip tone="good">answers</Chip>}
                {!row.active && row.loaded && <Chip>loaded</Chip>}
              </>
            ),
          },
          { key: "kind", title: "Kind", cell: (row) => row.kind },
          { key: "created", title: "Made", cell: (row) => <span class="version-made">{row.created ? moment(row.created) : "–"}</span> },
          {
            key: "note",
            title: "Note",
            long: true,
            cell: (row) => (
              <>
                {row.note || <span class="muted">–</span>}
                {row.fault && <p class="field-error">{row.fault}</p>}
              </>
            ),
          },
          { key: "classes", title: "Classes", number: true, cell: (row) => classesOf(row) },
          { key: "bytes", title: "Size", number: true, cell: (row) => (row.bytes === null ? "–" : bytes(row.bytes)) },
          {
            key: "act",
            title: <span class="unseen">Action</span>,
            cell: (row) =>
              !row.active &&
              may("admin") && (
                <span class="version-actions">
                  <Button small disabled={Boolean(row.fault)} onClick={() => onActivate(row.version)} aria-label={`Activate version ${row.version}`}>
                    Activate
                  </Button>
                </span>
              ),
          },
        ]}
      />
    </div>
  );
}

function classesOf(row: ModelVersion): string {
  const classes = Array.isArray(row.classes) ? row.classes.length : row.classes;
  return classes ? count(classes) : "–"; // a model of a number has none
}

/** The scores of one version, or of two side by side. */
function Compare({ name, versions }: { name: string; versions: ModelVersion[] }) {
  const numbers = versions.map((each) => each.version);
  const active = versions.find((each) => each.active)?.version ?? numbers.at(-1) ?? 1;
  const asked = (key: string) => numbers.find((number) => String(number) === query.value.get(key));
  const first = asked("version") ?? active;
  const second = asked("beside") ?? null;
  const choices = [...versions].reverse().map((each) => ({
    value: String(each.version),
    text: `Version ${each.version}${each.active ? " (answers)" : ""}${each.note ? `: ${each.note.slice(0, 40)}` : ""}`,
  }));
  return (
    <section>
      <header class="section-head">
        <h2>Scores</h2>
        <p>On rows that the version was not trained on.</p>
      </header>
      <div class="compare-pick">
        <Select label="Version" value={String(first)} choices={choices} onPick={(value) => setQuery({ version: value === String(active) ? null : value })} />
        {numbers.length > 1 && (
          <Select
            label="Beside it"
            value={second === null ? "" : String(second)}
            choices={[{ value: "", text: "None" }, ...choices.filter((choice) => choice.value !== String(first))]}
            onPick={(value) => setQuery({ beside: value || null })}
          />
        )}
      </div>
      <Pair name={name} first={first} second={second === first ? null : second} />
    </section>
  );
}

function Pair({ name, first, second }: { name: string; first: number; second: number | null }) {
  const wanted = second === null ? [first] : [first, second];
  const found = useLoad((stop) => Promise.all(wanted.map((version) => readScores(name, version, stop))), [name, first, second], true);
  if (found.error) return <ErrorNote error={found.error} retry={found.reload} />;
  if (!found.data) return <Loading />;
  const scores = found.data;
  return (
    <>
      <Metrics scores={scores} wanted={wanted} />
      <div class={wanted.length > 1 ? "compare two" : "compare"}>
        {scores.map((each, at) => (
          <div key={wanted[at]}>
            {wanted.length > 1 && <h3>Version {wanted[at]}</h3>}
            {each.page ? (
              <ReportPage page={each.page} level={3} />
            ) : (
              <p class="panel muted">No charts are kept with version {wanted[at]}: evaluate it to have them.</p>
            )}
          </div>
        ))}
      </div>
    </>
  );
}

function Metrics({ scores, wanted }: { scores: Scores[]; wanted: number[] }) {
  const keys = metricKeys(...scores.map((each) => each.metrics ?? {}));
  if (!keys.length) return null;
  return (
    <div class="metrics-table">
      <Table
        caption={`Figures of ${plural(wanted.length, "version")}`}
        rows={keys}
        rowKey={(key) => key}
        columns={[
          {
            key: "name",
            title: "Figure",
            cell: (key) => (
              <>
                {metricOf(key).name}
                {metricOf(key).says && <small>{metricOf(key).says}</small>}
              </>
            ),
          },
          ...scores.map((each, at) => ({
            key: String(wanted[at]),
            title: `Version ${wanted[at]}`,
            number: true,
            cell: (key: string) => {
              const value = each.metrics?.[key];
              const wins = scores.length > 1 && better(key, scores[0]?.metrics?.[key], scores[1]?.metrics?.[key]) === (at ? 1 : -1);
              return wins ? (
                <span class="compare-better">
                  {metricText(key, value)} <span class="unseen">(better)</span>
                </span>
              ) : (
                metricText(key, value)
              );
            },
          })),
        ]}
      />
    </div>
  );
}
