/** Which versions answer for `auto`, by weight, which are asked beside them, and which is better so far. */
import { useMemo, useState } from "preact/hooks";
import { may } from "../../api/client";
import { compareVersions, divideTraffic, listVersions, readTraffic, type ModelCard, type Traffic, type Variant, type VersionComparison } from "../../api/models";
import { inSlot } from "../../parts/blocks";
import { Button, IconButton } from "../../parts/Button";
import { Chip, type ChipProps } from "../../parts/Chip";
import { ErrorNote } from "../../parts/ErrorNote";
import { Icon } from "../../parts/Icon";
import { Loading } from "../../parts/Loading";
import { percent } from "../../parts/format";
import { toast, toastError } from "../../parts/Toast";
import { useLoad } from "../../parts/useLoad";
import { withShare } from "./shares";

const MOST_VARIANTS = 16;
const MOST_SHADOWS = 4;

export function TrafficPanel({ models }: { models: ModelCard[] }) {
  const traffic = useLoad(readTraffic, []);
  const names = models.map((model) => model.name);
  const versions = useLoad(
    async (stop) => Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await listVersions(name, stop)).map((each) => each.version)] as const))),
    [names.join("\n")],
  );
  const error = traffic.error ?? versions.error;
  if (error) return <ErrorNote error={error} retry={() => (traffic.reload(), versions.reload())} />;
  if (!traffic.data || !versions.data) return <Loading />;
  return (
    <Editor
      key={JSON.stringify(traffic.data)}
      traffic={traffic.data}
      models={models}
      versions={versions.data}
      onSaved={traffic.set}
    />
  );
}

interface EditorProps {
  traffic: Traffic;
  models: ModelCard[];
  versions: Record<string, number[]>;
  onSaved(traffic: Traffic): void;
}

function Editor({ traffic, models, versions, onSaved }: EditorProps) {
  const [draft, setDraft] = useState<Traffic>(traffic);
  const [busy, setBusy] = useState(false);
  const fixed = !may("admin");
  const standard = models.find((model) => model.default);
  const changed = JSON.stringify(draft) !== JSON.stringify(traffic);
  const total = draft.variants.reduce((sum, each) => sum + each.weight, 0);
  const doubled = twice(draft.variants);
  const first: Variant = { model: standard?.name ?? models[0]?.name ?? "", version: standard?.version ?? null, weight: 1 };
  const save = async () => {
    setBusy(true);
    try {
      onSaved(await divideTraffic(draft));
      toast("The traffic is divided so from now on.", { tone: "good" });
    } catch (problem) {
      toastError(problem);
    } finally {
      setBusy(false);
    }
  };
  const put = (kind: keyof Traffic, at: number, variant: Variant | null) =>
    setDraft({ ...draft, [kind]: draft[kind].flatMap((each, place) => (place === at ? (variant ?? []) : each)) });
  const add = (kind: keyof Traffic) => setDraft({ ...draft, [kind]: [...draft[kind], unused(draft, kind, first, versions)] });
  return (
    <div class="traffic">
      <section class="panel">
        <h2>Who answers</h2>
        <p class="muted">
          {draft.variants.length
            ? "Requests for “auto” are divided among these versions. One customer always sees the same one."
            : `All requests for “auto” go to ${standard ? `${standard.name}, version ${standard.version ?? "–"}` : "the default model"}.${fixed ? "" : " Add versions to try them on a share of the customers."}`}
        </p>
        {draft.variants.length > 1 && <Shares variants={draft.variants} total={total} />}
        <ul class="variants">
          {draft.variants.map((variant, at) => (
            <VariantRow
              key={at}
              slot={at}
              fixed={fixed}
              variant={variant}
              models={models}
              versions={versions}
              share={variant.weight / (total || 1)}
              onShare={draft.variants.length > 1 ? (share) => setDraft({ ...draft, variants: withShare(draft.variants, at, share) }) : undefined}
              onChange={(next) => put("variants", at, next)}
              onRemove={() => put("variants", at, null)}
            />
          ))}
        </ul>
        {!fixed && (
          <Button small icon={<Icon name="plus" size={16} />} disabled={draft.variants.length >= MOST_VARIANTS} onClick={() => add("variants")}>
            Add a version
          </Button>
        )}
        <h3>Asked beside, without being answered</h3>
        <p class="muted">A shadow predicts the same rows, and nobody sees it: the safest way to compare.</p>
        <ul class="variants">
          {draft.shadow.map((variant, at) => (
            <VariantRow
              key={at}
              fixed={fixed}
              variant={variant}
              models={models}
              versions={versions}
              onChange={(next) => put("shadow", at, next)}
              onRemove={() => put("shadow", at, null)}
            />
          ))}
        </ul>
        {!fixed && (
          <Button small icon={<Icon name="plus" size={16} />} disabled={draft.shadow.length >= MOST_SHADOWS} onClick={() => add("shadow")}>
            Add a shadow
          </Button>
        )}
        {doubled && <p class="field-error" role="alert">{doubled} is there twice: give it once, with its weight.</p>}
        {changed && (
          <div class="row traffic-save">
            <Button kind="main" busy={busy} disabled={Boolean(doubled)} onClick={() => void save()}>
              Use this
            </Button>
            <Button onClick={() => setDraft(traffic)}>Discard</Button>
          </div>
        )}
      </section>
      <Comparison traffic={traffic} />
    </div>
  );
}

function twice(variants: Variant[]): string | null {
  const names = variants.map((each) => nameOf(each));
  return names.find((name, at) => names.indexOf(name) !== at) ?? null;
}

function nameOf(variant: Variant): string {
  return variant.version === null ? `${variant.model}, active version` : `${variant.model}, version ${variant.version}`;
}

/** A version that neither answers nor is a shadow yet, where there is one. */
function unused(draft: Traffic, kind: keyof Traffic, first: Variant, versions: Record<string, number[]>): Variant {
  const all = [first, ...Object.entries(versions).flatMap(([model, numbers]) => [...numbers].reverse().map((version) => ({ model, version, weight: 1 })))];
  const taken = new Set([...draft.variants, ...draft.shadow].map(nameOf));
  if (kind === "shadow") taken.add(nameOf(first)); // it answers already
  const weight = Math.max(...(kind === "shadow" ? [] : draft.variants).map((each) => each.weight), 1);
  return { ...(all.find((each) => !taken.has(nameOf(each))) ?? first), weight };
}

function Shares({ variants, total }: { variants: Variant[]; total: number }) {
  let start = 0;
  return (
    <svg class="shares" role="img" aria-label={variants.map((each) => `${nameOf(each)}: ${percent(each.weight / total)}`).join("; ")}>
      {variants.map((variant, slot) => {
        const width = (variant.weight / total) * 100;
        const x = start;
        start += width;
        return <rect key={slot} style={inSlot(slot)} x={`${x.toFixed(2)}%`} width={`${width.toFixed(2)}%`} height="100%" />;
      })}
    </svg>
  );
}

interface VariantRowProps {
  slot?: number;
  /** It is only to be looked at. */
  fixed: boolean;
  variant: Variant;
  models: ModelCard[];
  versions: Record<string, number[]>;
  /** Of all requests; a shadow has none. */
  share?: number;
  onShare?: ((share: number) => void) | undefined;
  onChange(variant: Variant): void;
  onRemove(): void;
}

function VariantRow({ slot, fixed, variant, models, versions, share, onShare, onChange, onRemove }: VariantRowProps) {
  const numbers = versions[variant.model] ?? [];
  return (
    <li style={inSlot(slot)}>
      <div class="variant-names">
        <select
          aria-label="Model"
          disabled={fixed}
          value={variant.model}
          onChange={(event) => onChange({ ...variant, model: event.currentTarget.value, version: null })}
        >
          {models.map((model) => (
            <option key={model.name} value={model.name}>
              {model.name}
            </option>
          ))}
        </select>
        <select
          aria-label="Version"
          disabled={fixed}
          value={variant.version ?? ""}
          onChange={(event) => onChange({ ...variant, version: event.currentTarget.value ? Number(event.currentTarget.value) : null })}
        >
          <option value="">the active one</option>
          {[...numbers].reverse().map((number) => (
            <option key={number} value={number}>
              version {number}
            </option>
          ))}
        </select>
        {!fixed && (
          <IconButton label={`Remove ${nameOf(variant)}`} onClick={onRemove}>
            <Icon name="close" size={18} />
          </IconButton>
        )}
      </div>
      {share !== undefined && (
        <label class="variant-share">
          <span class="unseen">Share of {nameOf(variant)}</span>
          <input
            type="range"
            min={1}
            max={onShare ? 99 : 100}
            step={1}
            disabled={fixed || !onShare}
            value={Math.round(share * 100)}
            aria-valuetext={percent(share)}
            onInput={(event) => onShare?.(Number(event.currentTarget.value) / 100)}
          />
          <output>{percent(share)}</output>
        </label>
      )}
    </li>
  );
}

const VERDICTS: Record<VersionComparison["verdict"], NonNullable<ChipProps["tone"]>> = {
  better: "good",
  worse: "bad",
  "no difference": "accent",
  "not enough rows": "plain",
};

function Comparison({ traffic }: { traffic: Traffic }) {
  const key = useMemo(() => JSON.stringify(traffic), [traffic]);
  const found = useLoad(compareVersions, [key]);
  const others = traffic.variants.length > 1 || traffic.shadow.length > 0;
  return (
    <section class="panel">
      <div class="spread">
        <h2>Which is better</h2>
        {others && (
          <Button small busy={found.loading} onClick={found.reload}>
            Look again
          </Button>
        )}
      </div>
      {found.error ? (
        <ErrorNote error={found.error} retry={found.reload} />
      ) : !found.data ? (
        <Loading />
      ) : found.data.length ? (
        <ul class="verdicts">
          {found.data.map((each) => (
            <li key={each.names.join()}>
              <Chip tone={VERDICTS[each.verdict]}>{each.verdict}</Chip>
              <p>{each.sentence}</p>
              <Interval comparison={each} />
            </li>
          ))}
        </ul>
      ) : (
        <p class="muted">
          {others
            ? "No truth is known yet. Send feedback on predictions, and the versions are compared by it."
            : "There is one version only. Add a second one or a shadow, and both are compared by feedback."}
        </p>
      )}
    </section>
  );
}

/** The difference with its interval on a scale. */
function Interval({ comparison }: { comparison: VersionComparison }) {
  const { difference, low, high } = comparison;
  if (difference === null || low === null || high === null) return null;
  const most = Math.max(0.02, Math.abs(low), Math.abs(high)) * 1.1;
  const place = (value: number) => `${(50 + (value / most) * 50).toFixed(2)}%`;
  return (
    <svg class="interval" role="img" aria-label={`Difference ${percent(difference, 1)}, between ${percent(low, 1)} and ${percent(high, 1)}`}>
      <line class="interval-zero" x1="50%" x2="50%" y1="0" y2="100%" />
      <line class="interval-span" x1={place(low)} x2={place(high)} y1="50%" y2="50%" />
      <circle cx={place(difference)} cy="50%" r="5" />
    </svg>
  );
}
