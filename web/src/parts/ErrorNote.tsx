import { ApiError } from "../api/client";
import { Button } from "./Button";
import { Icon } from "./Icon";
import "./States.css";

/** The sentence of an error. */
export function words(error: unknown): string {
  if (error instanceof ApiError) return error.detail;
  if (typeof error === "string") return error;
  return error instanceof Error && error.message ? error.message : "Something went wrong. Reload the page and try again.";
}

/** What went wrong and, where it helps, a button to try again. */
export function ErrorNote({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  return (
    <div class="error-note" role="alert">
      <Icon name="warning" />
      <p>{words(error)}</p>
      {retry && (
        <Button small onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}
