/** How the service does: its speed, use, errors and accuracy, what drifts, and what to label. */
import { useEffect, useRef, useState } from "preact/hooks";
import { may } from "../api/client";
import { listModels } from "../api/models";
import { isLogged, readDrift, readPerformance, type Logged, type Performance } from "../api/watching";
import type { BlockData, TilesData } from "../api/page";
import { Blocks, ReportPage } from "../parts/blocks";
import { Button } from "../parts/Button";
import { Empty } from "../parts/Empty";
import { ErrorNote } from "../parts/ErrorNote";
import { Select } from "../parts/Field";
import { bytes, count, figure, percent, plural } from "../parts/format";
import { Icon } from "../parts/Icon";
import { Loading } from "../parts/Loading";
import { Page } from "../parts/Page";
import { Table } from "../parts/Table";
import { TimeChart } from "../parts/TimeChart";
import { STEP } from "../parts/times";
import { useLoad } from "../parts/useLoad";
import { query, setQuery } from "../router";
import { Labeller } from "./monitor/Labeller";
import "./monitor/Monitor.css";

const REFRESH = 10_000;

const PERIODS: { value: string; text: string; hours: number | null }[] = [
  { value: "hour", text: "Last hour", hours: 1 },
  { value: "day", text: "Last 24 hours", hours: 24 },
  { value: "week", text: "Last 7 days", hours: 168 },
  { value: "month", text: "Last 30 days", hours: 720 },
  { value: "all", text: "All of the log", hours: null },
];

/** A reading, and when it was taken. */
interface Reading {
  performance: Performance;
  since: number | null;
  at: number;
}

export default function Monitor() {
  const period = PERIODS.find((each) => each.value === query.value.get("period")) ?? PERIODS[1];
  const model = query.value.get("model");
  const [paused, setPaused] = useState(false);
  const models = useLoad(listModels, []);
  const before = useRef<Reading | null>(null);
  const now = useLoad<Reading & { before: Reading | null }>(
    async (stop) => {
      const hours = period?.hours ?? null;
      // from a whole minute on, so that each minute is counted whole, and an hour has 60
      const since = hours === null ? null : Math.ceil((Date.now() - hours * STEP.hour) / STEP.minute) * STEP.minute;
      const performance = await readPerformance({ since: since === null ? null : new Date(since).toISOString(), model }, stop);
      const reading = { performance, since, at: Date.now() };
      const last = before.current;
      before.current = reading;
      return { ...reading, before: last };
    },
    [period?.value, model],
  );
  useEffect(() => {
    before.current = null;
  }, [period?.value, model]);
  useEffect(() => {
    if (paused) return;
    const timer = setInterval(() => document.visibilityState === "visible" && now.reload(), REFRESH);
    return () => clearInterval(timer);
  }, [paused, now.reload]);
  const data = now.data;
  return (
    <Page
      title="Monitor"
      intro="Speed, use, errors and accuracy of the models, as the log has them."
      tools={
        <div class="monitor-tools">
          <Select label="Period" hideLabel value={period?.value ?? "day"} choices={PERIODS} onPick={(value) => setQuery({ period: value === "day" ? null : value })} />
          <Select
            label="Model"
            hideLabel
            value={model ?? ""}
            choices={[{ value: "", text: "All models" }, ...(models.data ?? []).map((each) => ({ value: each.name, text: each.name }))]}
            onPick={(value) => setQuery({ model: value || null })}
          />
          <Button icon={<Icon name={paused ? "play" : "pause"} size={18} />} onClick={() => setPaused(!paused)}>
            {paused ? "Go on" : "Pause"}
          </Button>
        </div>
      }
    >
      <p class={paused ? "monitor-live paused" : "monitor-live"}>{paused ? "Paused" : "Refreshed every 10 seconds"}</p>
      {Boolean(now.error) && <ErrorNote error={now.error} retry={now.reload} />}
      {!data ? (
        !now.error && <Loading />
      ) : (
        <>
          <div class="monitor-tiles">
            <Blocks blocks={[tilesOf(data.performance, data.before && { performance: data.before.performance, seconds: (data.at - data.before.at) / 1000 })]} />
          </div>
          {isLogged(data.performance) ? (
            data.performance.predictions + Object.keys(data.performance.errors).length ? (
              <Figures logged={data.performance} period={data.since === null ? null : [data.since, data.at]} />
            ) : (
              <Empty title="Nothing was predicted in this period" icon="monitor">
                <p>Choose a longer period, or predict something.</p>
              </Empty>
            )
          ) : (
            <Empty title="This service keeps no log" icon="log">
              <p>Start it without --log none, and its predictions are counted here.</p>
            </Empty>
          )}
          {isLogged(data.performance) && models.data?.some((each) => each.ready) && (
            <>
              <DriftPanel model={model} />
              {may("edit") && <Labeller models={models.data} />}
            </>
          )}
        </>
      )}
    </Page>
  );
}

function ms(value: number | null | undefined): string {
  return value === null || value === undefined ? "–" : value >= 1000 ? `${figure(value / 1000)} s` : `${figure(value)} ms`;
}

interface Earlier {
  performance: Performance;
  seconds: number;
}

function tilesOf(performance: Performance, earlier: Earlier | null): TilesData {
  const { process } = performance;
  const tiles: [string, string, string][] = [];
  if (isLogged(performance)) {
    const { latency, accuracy } = performance;
    const errors = Object.values(performance.errors).reduce((sum, rows) => sum + rows, 0);
    const tail = latency.p95_ms === undefined ? ([latency.p90_ms, "90%"] as const) : ([latency.p95_ms, "95%"] as const);
    tiles.push(
      ["requests", count(performance.requests), plural(performance.predictions, "prediction")],
      ["median latency (p50)", ms(latency.p50_ms), "of one prediction"],
      [`${tail[1]} are faster (p${tail[1].slice(0, 2)})`, ms(tail[0]), ""],
      ["99% are faster (p99)", ms(latency.p99_ms), ""],
      ["throughput", throughput(performance, earlier), "predictions, now"],
      ["errors", count(errors), performance.requests ? `${percent(errors / Math.max(1, performance.predictions + errors), 1)} of all` : ""],
      [
        "live accuracy",
        percent(accuracy.accuracy, 1),
        accuracy.truths ? `${percent(accuracy.low)} to ${percent(accuracy.high)}, ${plural(accuracy.truths, "truth")}` : "no feedback yet",
      ],
    );
  }
  tiles.push(
    ["CPU of the machine", `${Math.round(process.cpu_percent_of_machine)}%`, plural(process.workers.length, "process", "processes")],
    ["memory of the service", bytes(process.memory_bytes), `${Math.round(process.machine_memory_percent)}% of the machine in use`],
    ["rows waiting", count(process.waiting_rows), ""],
  );
  return { kind: "tiles", tiles: tiles.map(([label, text, note]) => ({ label, value: text, text, note })) };
}

/** Predictions a second since the reading before. */
function throughput(now: { predictions: number }, earlier: Earlier | null): string {
  const before = earlier?.performance.predictions;
  if (before === undefined || !earlier || earlier.seconds < 1) return "–";
  const rate = Math.max(0, now.predictions - before) / earlier.seconds;
  return `${rate >= 10 ? Math.round(rate) : Number(rate.toFixed(1))}/s`;
}

function Figures({ logged, period }: { logged: Logged; period: [number, number] | null }) {
  return (
    <>
      <h2 class="unseen">Use, speed and accuracy</h2>
      <div class="blocks">
        <TimeChart
          title="Predictions over time"
          every={logged.every}
          times={logged.traffic.map((each) => each.time)}
          from={period?.[0]}
          to={period?.[1]}
          series={[
            { name: "predictions", slot: 0, values: logged.traffic.map((each) => each.predictions) },
            { name: "errors", slot: 3, values: logged.traffic.map((each) => each.errors) },
          ]}
        />
      </div>
      <div class="monitor-grid">
        <Blocks blocks={[barsOf("Predicted", logged.labels)]} />
        <Blocks blocks={[barsOf("How sure", logged.statuses), ...errorsOf(logged)]} />
      </div>
      {logged.calibration.truths > 0 && <Blocks blocks={[calibrationOf(logged)]} />}
      <section class="monitor-section">
        <h2>By version</h2>
        <Table
          caption="Figures of each version"
          rows={logged.models}
          rowKey={(row) => `${row.model}:${row.version}:${row.role}`}
          columns={[
            { key: "model", title: "Model", cell: (row) => <strong>{row.model ?? "–"}</strong> },
            { key: "version", title: "Version", number: true, cell: (row) => row.version ?? "–" },
            { key: "role", title: "Role", cell: (row) => row.role },
            { key: "predictions", title: "Predictions", number: true, cell: (row) => count(row.predictions) },
            { key: "errors", title: "Errors", number: true, cell: (row) => count(row.errors) },
            { key: "p50", title: "p50", number: true, cell: (row) => ms(row.latency.p50_ms) },
            { key: "p99", title: "p99", number: true, cell: (row) => ms(row.latency.p99_ms) },
            {
              key: "accuracy",
              title: "Accuracy",
              number: true,
              cell: ({ accuracy }) => (accuracy.truths ? `${percent(accuracy.accuracy, 1)} of ${count(accuracy.truths)}` : "–"),
            },
          ]}
        />
      </section>
    </>
  );
}

function barsOf(title: string, counts: Record<string, number>): BlockData {
  const bars = Object.entries(counts).map(([label, value]) => ({ label, value, text: count(value) }));
  return { kind: "bars", title, note: bars.length ? "" : "Nothing yet.", partition: "", limit: 10, signed: false, bars };
}

function errorsOf(logged: Logged): BlockData[] {
  return Object.keys(logged.errors).length ? [barsOf("Errors", logged.errors)] : [];
}

function calibrationOf({ calibration }: Logged): BlockData {
  const told = calibration.bins.filter((bin) => bin.truths > 0 && bin.confidence !== null && bin.accuracy !== null);
  const over = calibration.over_confidence ?? 0;
  const tendency = Math.abs(over) < 0.02 ? "" : over > 0 ? " The models are surer than they are right." : " The models are right more often than they think.";
  return {
    kind: "lines",
    title: "Calibration",
    x_label: "confidence",
    y_label: "share that is right",
    note: `By ${plural(calibration.truths, "truth")}. Where the curve is on the diagonal, 80% confidence is right 80% of the time. Mean gap: ${percent(calibration.ece, 1)}.${tendency}`,
    lines: [
      { name: "measured", x: told.map((bin) => bin.confidence ?? 0), y: told.map((bin) => bin.accuracy ?? 0) },
      { name: "perfect", x: [0, 1], y: [0, 1] },
    ],
    marks: [],
    log_x: false,
    dots: true,
  };
}

/** What changed in what comes in, in words. */
function DriftPanel({ model }: { model: string | null }) {
  const drift = useLoad((stop) => readDrift(model, stop), [model]);
  const [open, setOpen] = useState(false);
  return (
    <section class="panel labeller-panel">
      <div class="spread">
        <h2>Drift</h2>
        <div class="row">
          {drift.data?.page && (
            <Button small aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? "Hide the details" : "Show the details"}
            </Button>
          )}
          <Button small busy={drift.loading} onClick={drift.reload}>
            Look again
          </Button>
        </div>
      </div>
      {drift.error ? (
        <ErrorNote error={drift.error} retry={drift.reload} />
      ) : !drift.data ? (
        <Loading label="Comparing with the training…" />
      ) : drift.data.words.length ? (
        <ul class="drift-words">
          {drift.data.words.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      ) : (
        <p class="muted">{drift.data.available ? "Nothing changed beside the training." : drift.data.reason || "There are not enough logged rows to compare with the training."}</p>
      )}
      {open && drift.data?.page && <ReportPage page={drift.data.page} level={3} />}
    </section>
  );
}
