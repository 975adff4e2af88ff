import { useState } from "preact/hooks";
import { rowsAt } from "../../api/projects";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { ErrorNote } from "../../parts/ErrorNote";
import { Loading } from "../../parts/Loading";
import { Pager } from "../../parts/Pager";
import { plural } from "../../parts/format";
import { useLoad } from "../../parts/useLoad";
import { RowTable } from "./RowTable";
import { useStore } from "./store";

const PAGE = 50;

/** The rows that were chosen on the map, with a way to keep only some of them. */
export function RowsDialog({ places, onKeep, onClose }: { places: Uint32Array; onKeep(places: Uint32Array): void; onClose(): void }) {
  const store = useStore();
  const [offset, setOffset] = useState(0);
  const [kept, setKept] = useState<Set<number>>(() => new Set(places));
  const rows = useLoad((stop) => rowsAt(store.id, [...places.slice(offset, offset + PAGE)], stop), [offset, places, store.edits.value]);
  return (
    <Dialog
      wide
      title={plural(places.length, "row")}
      onClose={onClose}
      onSubmit={() => {
        onKeep(places.filter((place) => kept.has(place)));
        onClose();
      }}
      actions={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button kind="main" type="submit" disabled={kept.size === places.length || kept.size === 0}>
            {`Keep ${plural(kept.size, "row")}`}
          </Button>
        </>
      }
    >
      {rows.error !== null && <ErrorNote error={rows.error} retry={rows.reload} />}
      {rows.data ? (
        <RowTable named rows={rows.data.rows} caption="Rows that were chosen" chosen={kept} onChoose={setKept} />
      ) : (
        rows.error === null && <Loading />
      )}
      <Pager total={places.length} offset={offset} limit={PAGE} onMove={setOffset} />
    </Dialog>
  );
}
