import { readHistory } from "../api/projects";
import type { Change } from "../api/types";
import { Empty } from "../parts/Empty";
import { ErrorNote } from "../parts/ErrorNote";
import { Icon, type IconName } from "../parts/Icon";
import { Loading } from "../parts/Loading";
import { Page } from "../parts/Page";
import { ago, moment } from "../parts/format";
import { useLoad } from "../parts/useLoad";
import type { View } from "../router";
import { useStore } from "./project/store";
import "./History.css";

const ICONS: Record<string, IconName> = {
  rename: "edit", merge: "merge", split: "split", move: "move", create: "plus", parent: "tree",
  freeze: "freeze", thaw: "thaw", undo: "undo", redo: "redo", level: "segments", name: "name",
};

/** Every change of the segments, the newest first. */
const History: View = () => {
  const store = useStore();
  const history = useLoad((stop) => readHistory(store.id, stop), [store.id, store.edits.value]);
  const changes = [...(history.data ?? [])].reverse();
  return (
    <Page title="History" intro="Every change of the segments, the newest first. Undo takes back the last one.">
      {history.error !== null && <ErrorNote error={history.error} retry={history.reload} />}
      {!history.data && history.error === null && <Loading />}
      {history.data?.length === 0 && (
        <Empty title="Nothing was changed yet" icon="history">
          <p>Renames, merges, splits and moves are written down here, with who made them.</p>
        </Empty>
      )}
      {changes.length > 0 && (
        <ol class="history">
          {changes.map((change, place) => (
            <li key={place}>
              <span class="history-icon">
                <Icon name={ICONS[change.what] ?? "info"} size={18} />
              </span>
              <div>
                <p>{told(change)}</p>
                <p class="muted">
                  {change.by && change.by !== NOBODY && `${change.by} · `}
                  <time dateTime={change.when} title={moment(change.when)}>
                    {ago(change.when)}
                  </time>
                </p>
              </div>
            </li>
          ))}
        </ol>
      )}
    </Page>
  );
};
export default History;

/** Stands for whoever edits a service without keys. */
const NOBODY = "Somebody";

function told({ what, words }: Change): string {
  const text = words || what;
  if (what === "undo") return `Undone: ${text}`;
  if (what === "redo") return `Done again: ${text}`;
  return text;
}
