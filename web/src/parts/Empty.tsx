import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon";
import "./States.css";

/** Nothing here yet, and what to do about it. */
export function Empty(props: { title: string; icon?: IconName; children?: ComponentChildren; action?: ComponentChildren }) {
  return (
    <div class="state empty">
      {props.icon && (
        <span class="state-icon">
          <Icon name={props.icon} size={28} />
        </span>
      )}
      <h2>{props.title}</h2>
      {props.children && <div class="state-text">{props.children}</div>}
      {props.action && <div class="state-action">{props.action}</div>}
    </div>
  );
}
