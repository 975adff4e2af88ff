import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import "./Button.css";

export interface ButtonProps extends Omit<ButtonHTMLAttributes, "icon" | "size"> {
  kind?: "main" | "plain" | "quiet" | "danger";
  small?: boolean;
  busy?: boolean;
  icon?: ComponentChildren;
  children?: ComponentChildren;
}

export function Button({ kind = "plain", small, busy, icon, children, class: extra, ...rest }: ButtonProps) {
  const names = ["button", kind, small && "small", busy && "busy", extra].filter(Boolean).join(" ");
  return (
    <button type="button" {...rest} class={names} disabled={Boolean(rest.disabled) || Boolean(busy)} aria-busy={busy || undefined}>
      {icon}
      {children && <span>{children}</span>}
    </button>
  );
}

/** A link that looks like a button. */
export function ButtonLink(props: { href: string; kind?: ButtonProps["kind"]; small?: boolean; icon?: ComponentChildren; children: ComponentChildren; download?: boolean }) {
  const names = ["button", props.kind ?? "plain", props.small && "small"].filter(Boolean).join(" ");
  return (
    <a class={names} href={props.href} {...(props.download ? { download: true } : {})}>
      {props.icon}
      <span>{props.children}</span>
    </a>
  );
}

export interface IconButtonProps extends Omit<ButtonHTMLAttributes, "icon" | "label"> {
  label: string;
  children: ComponentChildren;
}

/** A button with an icon alone; the label is its name and its tip. */
export function IconButton({ label, children, class: extra, ...rest }: IconButtonProps) {
  return (
    <button type="button" {...rest} class={["icon-button", extra].filter(Boolean).join(" ")} aria-label={label} title={label}>
      {children}
    </button>
  );
}
