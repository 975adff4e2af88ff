import type { ComponentChildren, RefObject, TargetedEvent } from "preact";
import { useId } from "preact/hooks";
import "./Field.css";

interface Framed {
  label: ComponentChildren;
  /** A sentence below. */
  hint?: ComponentChildren;
  error?: string | null;
  /** Only for screen readers. */
  hideLabel?: boolean;
}

function Frame({ id, label, hint, error, hideLabel, children }: Framed & { id: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={id} class={hideLabel ? "unseen" : ""}>
        {label}
      </label>
      {children}
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="field-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

export interface FieldProps extends Framed {
  id?: string;
  type?: "text" | "password" | "search" | "number" | "date" | "url" | "email";
  value: string | number;
  onInput(event: TargetedEvent<HTMLInputElement>): void;
  onKeyDown?(event: KeyboardEvent): void;
  onBlur?(): void;
  placeholder?: string;
  required?: boolean;
  disabled?: boolean;
  autofocus?: boolean;
  autocomplete?: string;
  min?: number | string;
  max?: number | string;
  step?: number | string;
  maxLength?: number;
  list?: string;
  name?: string;
  inputRef?: RefObject<HTMLInputElement>;
}

export function Field({ label, hint, error, hideLabel, id, inputRef, ...rest }: FieldProps) {
  const own = useId();
  const name = id ?? own;
  return (
    <Frame id={name} label={label} hint={hint} error={error ?? null} hideLabel={Boolean(hideLabel)}>
      <input {...(rest as object)} {...(inputRef ? { ref: inputRef } : {})} id={name} aria-invalid={error ? true : undefined} aria-describedby={hint ? `${name}-hint` : undefined} />
    </Frame>
  );
}

export interface Choice {
  value: string;
  text: string;
  disabled?: boolean;
}

export interface SelectProps extends Framed {
  id?: string;
  value: string;
  choices: Choice[];
  onPick(value: string): void;
  disabled?: boolean;
  required?: boolean;
  name?: string;
}

export function Select({ label, hint, error, hideLabel, id, value, choices, onPick, ...rest }: SelectProps) {
  const own = useId();
  const name = id ?? own;
  return (
    <Frame id={name} label={label} hint={hint} error={error ?? null} hideLabel={Boolean(hideLabel)}>
      <select
        {...rest}
        id={name}
        value={value}
        aria-describedby={hint ? `${name}-hint` : undefined}
        onChange={(event) => onPick(event.currentTarget.value)}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value} disabled={choice.disabled}>
            {choice.text}
          </option>
        ))}
      </select>
    </Frame>
  );
}

export interface RadioChoice<T extends string> {
  value: T;
  text: string;
  hint?: string;
}

/** A few choices, each with a line of explanation. */
export function Radios<T extends string>(props: {
  legend: ComponentChildren;
  value: T;
  choices: RadioChoice<T>[];
  onPick(value: T): void;
}) {
  const group = useId();
  return (
    <fieldset class="radios">
      <legend>{props.legend}</legend>
      {props.choices.map((choice) => (
        <label key={choice.value} class="radio">
          <input
            type="radio"
            name={group}
            value={choice.value}
            checked={choice.value === props.value}
            onChange={() => props.onPick(choice.value)}
          />
          <span>
            <strong>{choice.text}</strong>
            {choice.hint && <small>{choice.hint}</small>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
