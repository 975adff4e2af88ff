import { useCallback, useEffect, useState } from "preact/hooks";
import { isAbort } from "../api/client";

export interface Loaded<T> {
  data: T | null;
  error: unknown;
  loading: boolean;
  /** Ask again; what is shown stays until the answer is here. */
  reload(): void;
  /** Show other data, after an edit say. */
  set(data: T): void;
}

/** Load something when `keys` change; the last answer stays shown meanwhile unless `fresh`. */
export function useLoad<T>(load: (stop: AbortSignal) => Promise<T>, keys: unknown[], fresh = false): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; error: unknown; loading: boolean }>({
    data: null,
    error: null,
    loading: true,
  });
  const [again, setAgain] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ data: fresh ? null : before.data, error: null, loading: true }));
    load(stop.signal).then(
      (data) => !stop.signal.aborted && setState({ data, error: null, loading: false }),
      (error: unknown) => {
        if (stop.signal.aborted || isAbort(error)) return;
        setState((before) => ({ data: before.data, error, loading: false }));
      },
    );
    return () => stop.abort();
  }, [...keys, again]);
  const reload = useCallback(() => setAgain((count) => count + 1), []);
  const set = useCallback((data: T) => setState({ data, error: null, loading: false }), []);
  return { ...state, reload, set };
}
