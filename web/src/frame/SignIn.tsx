import { useState } from "preact/hooks";
import { ApiError, signIn } from "../api/client";
import { Button } from "../parts/Button";
import { words } from "../parts/ErrorNote";
import { Field } from "../parts/Field";
import { useTitle } from "../parts/Page";
import { Brand } from "./AppFrame";

/** Asks for a key where the service wants one. */
export function SignIn() {
  useTitle("Sign in");
  const [key, setKey] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    setError(null);
    try {
      await signIn(key.trim());
    } catch (problem) {
      const wrong = problem instanceof ApiError && problem.status === 401;
      setError(wrong ? "This key is not known here. Check it, or ask whoever runs the service for one." : words(problem));
    }
    setBusy(false);
  };
  return (
    <main class="sign-in">
      <form
        class="panel"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Brand size={40} />
        <h1>Sign in to Coterie</h1>
        <p class="muted">This service asks for a key.</p>
        <Field
          label="Key"
          type="password"
          autocomplete="current-password"
          required
          value={key}
          error={error}
          onInput={(event) => setKey(event.currentTarget.value)}
        />
        <Button kind="main" type="submit" busy={busy}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
